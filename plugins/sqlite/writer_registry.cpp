// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <map>

#include "writer.hpp"

namespace sluice::sqlite {

std::shared_ptr<Writer> writer_of(const std::string& path) {
  struct Registry {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<Writer>> writers;
  };
  // Made at the first use and never destroyed: a sink may outlive the program's statics.
  static Registry& registry = *new Registry;
  std::error_code fault;
  std::filesystem::path real = std::filesystem::weakly_canonical(std::filesystem::absolute(path, fault), fault);
  const std::string key = fault ? path : real.string();
  const std::lock_guard lock(registry.mutex);
  std::erase_if(registry.writers, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<Writer>& entry = registry.writers[key];
  std::shared_ptr<Writer> writer = entry.lock();
  if (writer == nullptr) {
    writer = std::make_shared<Writer>(key);
    entry = writer;
  }
  return writer;
}

}  // namespace sluice::sqlite
