// SPDX-License-Identifier: Apache-2.0
#include "observe/index_page.hpp"

#include <fmt/format.h>

#include "graph/xml_text.hpp"
#include "observe/graph_svg.hpp"
#include "observe/latency_way.hpp"
#include "observe/numbers.hpp"
#include "runtime/status_log.hpp"

namespace sluice::engine {

namespace {

std::string state_html(const Report& report, const std::vector<Reason>& reasons, int64_t now_ns) {
  if (reasons.empty() && report.standby) {
    const std::string lasted = now_ns == 0 ? "" : " (for " + lasted_text(now_ns - report.standby->since_ns) + ")";
    return fmt::format("<p class=\"ready\">standby</p>\n<ul>\n<li><b>{}</b>: {}{}</li>\n</ul>\n",
                       xml_escaped(report.standby->node), xml_escaped(report.standby->sentence), lasted);
  }
  if (reasons.empty()) return "<p class=\"ready\">ready</p>\n";
  std::string state = "<p class=\"not\">not ready</p>\n<ul>\n";
  for (const Reason& reason : reasons) {
    const std::string lasted = now_ns == 0 ? "" : " (for " + lasted_text(now_ns - reason.since_ns) + ")";
    state +=
        fmt::format("<li><b>{}</b>{}: {}{}</li>\n", xml_escaped(reason.code),
                    reason.node.empty() ? "" : " " + xml_escaped(reason.node), xml_escaped(reason.sentence), lasted);
  }
  return state + "</ul>\n";
}

std::string slow_html(const std::vector<Bottleneck>& slow) {
  if (slow.empty()) return {};
  std::string text = "<p class=\"slow\">slow</p>\n<ul>\n";
  for (const Bottleneck& one : slow) {
    text += fmt::format("<li><b>{}</b>: {}</li>\n", xml_escaped(one.name), xml_escaped(one.sentence));
  }
  return text + "</ul>\n";
}

std::string latency_html(const Report& before, const Report& now) {
  std::string rows;
  const std::vector<LatencyWay> ways = latency_ways(before, now);
  for (const LatencyWay& way : ways) {
    rows += fmt::format("<tr><td>{} to {}</td><td>", xml_escaped(way.source), xml_escaped(way.sink));
    for (const LatencyPart& part : way.parts) {
      rows += fmt::format("{}{} {}, p99 {}", &part == way.parts.data() ? "" : "<br>", xml_escaped(part_text(part)),
                          rounded_duration(part.p50_ns), rounded_duration(part.p99_ns));
    }
    rows += "</td></tr>\n";
  }
  if (rows.empty()) return {};
  return "<h2>How long records took in the last half minute</h2>\n<table>\n<tr><th>way</th><th>median and p99 of each "
         "part</th></tr>\n" +
         rows + "</table>\n";
}

}  // namespace

std::string index_page(const Report& report, const std::vector<Reason>& reasons, const std::string& version,
                       const std::vector<Bottleneck>& slow, const Report& before, int64_t now_ns) {
  const std::string title = xml_escaped(report.graph + (report.process.empty() ? "" : ", process " + report.process));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{0}</title>\n"
      "<meta http-equiv=\"refresh\" content=\"5\">\n"
      "<style>body {{ font: 15px/1.5 Helvetica, Arial, sans-serif; margin: 2em; color: #0f172a }} "
      "h1 {{ font-size: 20px }} a {{ margin-right: 1em }} img {{ max-width: 100%; height: auto }} "
      ".ready {{ color: #15803d }} .not {{ color: #b91c1c }} .slow {{ color: #b45309 }} h2 {{ font-size: 16px }} "
      "td, th {{ text-align: left; vertical-align: top; padding: 2px 16px 2px 0 "
      "}}</style>\n</head>\n<body>\n<h1>{0}</h1>\n{1}"
      "<p><a href=\"/healthz\">/healthz</a><a href=\"/readyz\">/readyz</a><a href=\"/metrics\">/metrics</a>"
      "<a href=\"/graph\">/graph</a></p>\n<img src=\"/graph\" alt=\"the graph as it runs\">\n{3}<p>Sluice {2}</p>\n"
      "</body>\n</html>\n",
      title, state_html(report, reasons, now_ns) + slow_html(slow), xml_escaped(version), latency_html(before, report));
}

}  // namespace sluice::engine
