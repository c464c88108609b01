// SPDX-License-Identifier: Apache-2.0
// What an error of librdkafka or of a broker means to sluice: transient, permanent for single records, or the
// operator's. The code is Kafka's name of it (TOPIC_AUTHORIZATION_FAILED). Unknown ones are transient: nothing is
// given up, and the status says what happens.
#pragma once
#include <librdkafka/rdkafka.h>

#include <string>

#include "sluice/result.hpp"

namespace sluice::kafka {

Category category_of(rd_kafka_resp_err_t code);
/// What a broker's answer to records says of them.
enum class Refusal {
  no,        ///< nothing: the answer is about the cluster, or about rights
  certain,   ///< one of the records is to blame
  possible,  ///< a code that nobody expects here: a record may be to blame, or the broker
};
Refusal refusal_of(rd_kafka_resp_err_t code);
/// "cannot ...: REASON", with a remedy where one is known. `what` begins a sentence: "cannot create topic \"t\"".
Error to_error(rd_kafka_resp_err_t code, const std::string& what, const std::string& reason = {});
/// Takes the error and destroys it.
Error take_error(rd_kafka_error_t* take, const std::string& what);

}  // namespace sluice::kafka
