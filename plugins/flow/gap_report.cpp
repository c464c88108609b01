// SPDX-License-Identifier: Apache-2.0
#include "gap_report.hpp"

#include "json_text.hpp"
#include "series_table.hpp"
#include "sluice/rfc3339.hpp"

namespace sluice::flow {
namespace {

std::string_view state_of(IdStep step) {
  if (step == IdStep::gap) return "found";
  return step == IdStep::repeated ? "repeated" : "regressed";
}

void append_time(std::string_view member, int64_t time_ns, std::string& out) {
  char text[rfc3339::micros_size];
  rfc3339::write_micros(time_ns, text);
  out.append(member).append(text, sizeof text) += '"';
}

}  // namespace

void append_json(const GapReport& report, std::string& out) {
  const std::string key = shown_key(report.key);
  const std::string first = std::to_string(report.first_id);
  const std::string last = std::to_string(report.last_id);
  out += "{\"gap\":";
  append_lossy_json_string(key + "/" + first + "-" + last, out);
  out.append(",\"state\":\"").append(state_of(report.step)).append("\",\"key\":");
  append_lossy_json_string(key, out);
  out.append(",\"first_id\":").append(first).append(",\"last_id\":").append(last);
  out.append(",\"count\":").append(std::to_string(report.count()));
  append_time(",\"since\":\"", report.since_ns, out);
  append_time(",\"at\":\"", report.at_ns, out);
  out += '}';
}

}  // namespace sluice::flow
