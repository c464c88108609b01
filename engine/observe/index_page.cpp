// SPDX-License-Identifier: Apache-2.0
#include "observe/index_page.hpp"

#include <fmt/format.h>

#include "graph/xml_text.hpp"
#include "observe/graph_svg.hpp"

namespace sluice::engine {

std::string index_page(const Report& report, const std::vector<Reason>& reasons, const std::string& version) {
  const std::string title = xml_escaped(report.graph + (report.process.empty() ? "" : ", process " + report.process));
  std::string state = "<p class=\"ready\">ready</p>\n";
  if (!reasons.empty()) {
    state = "<p class=\"not\">not ready</p>\n<ul>\n";
    for (const Reason& reason : reasons) {
      state += fmt::format("<li><b>{}</b>{}: {}</li>\n", xml_escaped(reason.code),
                           reason.node.empty() ? "" : " " + xml_escaped(reason.node), xml_escaped(reason.sentence));
    }
    state += "</ul>\n";
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{0}</title>\n"
      "<meta http-equiv=\"refresh\" content=\"5\">\n"
      "<style>body {{ font: 15px/1.5 Helvetica, Arial, sans-serif; margin: 2em; color: #0f172a }} "
      "h1 {{ font-size: 20px }} a {{ margin-right: 1em }} img {{ max-width: 100%; height: auto }} "
      ".ready {{ color: #15803d }} .not {{ color: #b91c1c }}</style>\n</head>\n<body>\n<h1>{0}</h1>\n{1}"
      "<p><a href=\"/healthz\">/healthz</a><a href=\"/readyz\">/readyz</a><a href=\"/metrics\">/metrics</a>"
      "<a href=\"/graph\">/graph</a></p>\n<img src=\"/graph\" alt=\"the graph as it runs\">\n<p>Sluice {2}</p>\n"
      "</body>\n</html>\n",
      title, state, xml_escaped(version));
}

}  // namespace sluice::engine
