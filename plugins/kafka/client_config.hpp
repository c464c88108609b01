// SPDX-License-Identifier: Apache-2.0
// From settings to librdkafka's configuration, for a producer, a consumer, or a short-lived client that only asks and
// creates (admin). The one place that knows which properties a guarantee rests on: those are set here and refused in
// `options:`. Values of `options:` may be secrets and never stand in a sentence.
#pragma once
#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <string_view>

#include "settings.hpp"
#include "sluice/result.hpp"

namespace sluice::kafka {

enum class Purpose { producer, consumer, admin };

/// What librdkafka says on threads of its own; alive as long as the client that was made with it.
class ClientListener {
 public:
  virtual ~ClientListener() = default;
  /// A line of librdkafka's log; level as of syslog: 3 and below are errors.
  virtual void on_client_log(int level, std::string_view line) = 0;
  /// Only where no event queue takes errors: a change in the state of brokers, with the reason.
  virtual void on_client_error(rd_kafka_resp_err_t code, std::string_view reason) {
    static_cast<void>(code);
    static_cast<void>(reason);
  }
};

struct DestroyConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, DestroyConf>;

/// Whether a user may set this property, and whether librdkafka takes the value. Pure.
Result<void> check_client_option(const std::string& name, const std::string& value);

/// Whether librdkafka takes all of them together, in a client that is made and dropped. Connects to nothing.
Result<void> check_client_options(const Settings& settings, Purpose purpose);

/// `brokers` are settings.brokers, or where the embedded cluster answers; empty: none. The listener (or nobody) becomes
/// the client's opaque. A consumer's conf has no callbacks and no event mask: its owner adds them.
Result<Conf> make_conf(const Settings& settings, Purpose purpose, const std::string& brokers, ClientListener* listener);

/// Sets one property of a conf that is being made.
Result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value);

}  // namespace sluice::kafka
