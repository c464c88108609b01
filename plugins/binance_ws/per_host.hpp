// SPDX-License-Identifier: Apache-2.0
// One object for each host and process, made at its first use: nodes that reach the same host share what that host
// counts for all of them. It lives as long as somebody holds it. Thread-safe.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace sluice::binance {

template <typename T>
std::shared_ptr<T> of_host(const std::string& host) {
  struct Process {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<T>> all;
  };
  // Never destroyed: a node may outlive the program's statics.
  static Process& process = *new Process;
  const std::lock_guard lock(process.mutex);
  std::erase_if(process.all, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<T>& known = process.all[host];
  std::shared_ptr<T> found = known.lock();
  if (found == nullptr) known = found = std::make_shared<T>();
  return found;
}

}  // namespace sluice::binance
