// SPDX-License-Identifier: Apache-2.0
#include "side_client.hpp"

#include <algorithm>

namespace sluice::kafka {

Result<std::shared_ptr<SideClient>> SideClient::make(const Settings& settings, const std::string& brokers) {
  auto made = std::make_shared<SideClient>(settings);
  Result<Conf> conf = make_conf(settings, Purpose::admin, brokers, made.get());
  if (!conf) return conf.error();
  // With the group's name it may ask for offsets; it never subscribes.
  if (!settings.group.empty()) {
    if (Result<void> done = set(conf->get(), "group.id", settings.group); !done) return done.error();
  }
  // A connection whose other side has vanished is given up, so that another may show that the cluster is there.
  const bool is_given = std::any_of(settings.options.begin(), settings.options.end(),
                                    [](const auto& option) { return option.first == "socket.timeout.ms"; });
  if (!is_given) {
    if (Result<void> done = set(conf->get(), "socket.timeout.ms", "4000"); !done) return done.error();
  }
  Result<Client> client = Client::make(Purpose::admin, std::move(*conf));
  if (!client) return client.error();
  made->client_ = std::move(*client);
  return made;
}

void SideClient::on_client_error(rd_kafka_resp_err_t code, std::string_view reason) {
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  const std::lock_guard lock(mutex_);
  last_reason_ = reason;
}

std::string SideClient::last_reason() {
  rd_kafka_poll(client_.get(), 0);
  const std::lock_guard lock(mutex_);
  return last_reason_;
}

}  // namespace sluice::kafka
