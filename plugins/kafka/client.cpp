// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <array>

#include "sluice/worker.hpp"

namespace sluice::kafka {

Result<Client> Client::make(Purpose purpose, Conf conf) {
  // librdkafka's threads inherit the mask: signals are for the program's own threads.
  const BlockedSignals blocked;
  std::array<char, 512> why{};
  const rd_kafka_type_t type = purpose == Purpose::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
  rd_kafka_t* made = rd_kafka_new(type, conf.get(), why.data(), why.size());
  if (made == nullptr) {
    return operator_needed("librdkafka takes the options together for wrong: " + std::string(why.data()) +
                           "; correct `options:`");
  }
  static_cast<void>(conf.release());
  return Client(made);
}

Result<void> check_client_options(const Settings& settings, Purpose purpose) {
  class : public ClientListener {
    void on_client_log(int, std::string_view) override {}
  } nobody;
  Result<Conf> conf = make_conf(settings, purpose, "", &nobody);
  if (!conf) return conf.error();
  Result<Client> client = Client::make(purpose, std::move(*conf));
  if (!client) return client.error();
  return {};
}

void Client::reset() {
  if (handle_ == nullptr) return;
  // Whoever is a member of a group has left it, or has given that up: to be asked again here might never end.
  rd_kafka_destroy_flags(std::exchange(handle_, nullptr), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

}  // namespace sluice::kafka
