// SPDX-License-Identifier: Apache-2.0
#include "sluice/testing/scan.hpp"

#include <stdexcept>

#include "sluice/testing/options.hpp"
#include "sluice/text.hpp"

namespace sluice::testing {
namespace {

struct Taking {
  std::vector<Scanned::Record>& records;
  size_t most;
};

}  // namespace

std::vector<std::string> Scanned::payloads() const {
  std::vector<std::string> payloads;
  for (const Record& record : records) payloads.push_back(record.payload);
  return payloads;
}

Scanned scan(const sluice_node_type& type, const Values& options, const std::vector<std::string>& fields, size_t most) {
  const std::shared_ptr<const OptionTree> tree = build_options(type, options);
  if (!tree->problems.empty()) throw std::invalid_argument(tree->problems.front());
  std::vector<sluice_str> names;
  for (const std::string& field : fields) names.push_back(to_str(field));
  sluice_scan_query query{};
  query.struct_size = sizeof query;
  query.fields = names.data();
  query.field_count = names.size();
  sluice_scan_api api{};
  api.struct_size = sizeof api;
  api.stored_stride = sizeof(sluice_stored);
  api.give = [](void* to, sluice_str partition, const sluice_stored* records, uint64_t count) -> uint32_t {
    auto& taking = *static_cast<Taking*>(to);
    for (uint64_t i = 0; i < count; ++i) {
      taking.records.push_back({std::string(to_view(partition)), std::string(to_view(records[i].payload)),
                                records[i].position, records[i].stored_ns});
    }
    return taking.records.size() < taking.most ? 1 : 0;
  };
  api.is_wanted = [](void* to) -> uint32_t {
    const auto& taking = *static_cast<Taking*>(to);
    return taking.records.size() < taking.most ? 1 : 0;
  };
  Scanned scanned;
  Taking taking{scanned.records, most};
  sluice_error error = empty_error();
  if (type.scan(&tree->root, &query, &api, &taking, &error) != SLUICE_OK) scanned.done = from_abi(error);
  return scanned;
}

}  // namespace sluice::testing
