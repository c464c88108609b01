// SPDX-License-Identifier: Apache-2.0
#include "observe/graph_svg.hpp"

#include "catch.hpp"
#include "graph/xml_text.hpp"
#include "observe/index_page.hpp"
#include "sample_report.hpp"

using namespace sluice;
using namespace sluice::engine;
using sluice::testing::sample_report;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Report wired_report() {
  Report report = sample_report();
  report.nodes[0].type = "feed";
  report.edges[0].from = "exchange";
  report.edges[0].to = "route";
  report.edges[1].name = "route.trades -> trades";
  report.edges[1].from = "route";
  report.edges[1].to = "trades";
  report.edges[1].bound_records = 1'000;
  return report;
}

}  // namespace

TEST_CASE("the picture has a box for each node, a line for each edge, and the numbers of now") {
  const Sample before{0, wired_report()};
  Sample now{2'000'000'000, wired_report()};
  now.report.process = "ingest";
  now.report.nodes[0].in += 5'000;
  now.report.nodes[0].account.unsettled = 12;
  now.report.nodes[2].settled[0] += 1'000;
  now.report.edges[1].waiting = 950;
  const std::string svg = graph_svg(before, now);
  CHECK(svg.starts_with("<svg xmlns="));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(has(svg, ">binance, process ingest<"));
  CHECK(has(svg, ">exchange<"));
  CHECK(has(svg, ">feed<"));
  CHECK(has(svg, ">2,500/s, 12 unsettled<"));
  CHECK(has(svg, ">1,235,500 (+500/s)<"));
  CHECK(has(svg, ">7 rejected<"));
  CHECK(has(svg, ">trades<"));
  CHECK(has(svg, ">950 of 1,000<"));
  CHECK(has(svg, ">10 dropped<"));
}

TEST_CASE("who is not well is seen, with the sentence") {
  Sample now{0, wired_report()};
  now.report.nodes[2].status = SLUICE_STATUS_CONNECTING;
  now.report.nodes[2].status_sentence =
      "the server \"a&b\" <is> away, and this is a sentence that has its useful word at the end: lock";
  std::string svg = graph_svg(now, now);
  CHECK(has(svg,
            "trades (): the server &quot;a&amp;b&quot; &lt;is&gt; away, and this is a sentence that has its useful "
            "word at the end: lock"));
  CHECK(has(svg, "end: lock</text>"));
  CHECK_FALSE(has(svg, "\u2026"));
  CHECK_FALSE(has(svg, "<is>"));
  now.report.nodes[2].status_sentence = std::string(1'000, 'x');
  CHECK(has(graph_svg(now, now), "xxx\u2026</text>"));
}

TEST_CASE("who is slow or paused has a frame, a dot of another colour, and the sentence") {
  const Sample now{0, wired_report()};
  CHECK_FALSE(has(graph_svg(now, now), "fill=\"#d97706\""));
  const auto marks =
      marks_of(now.report, {{"paused", "exchange", "got no room for 12 s", 0}, {"blocked", "route", "x", 0}},
               {{.node = 2, .name = "trades", .sentence = "a batch takes 6.1 s (median)"}});
  REQUIRE(marks.size() == 2);
  const std::string svg = graph_svg(now, now, marks);
  CHECK(has(svg, ">a batch takes 6.1 s (median)<"));
  CHECK(has(svg, ">paused: got no room for 12 s<"));
  CHECK(has(svg, "r=\"5\" fill=\"#d97706\""));
  CHECK(has(svg, "stroke=\"#d97706\" stroke-width=\"2.4\""));
}

TEST_CASE("the halves of a relay are one box, also when that closes a cycle") {
  Sample now{0, wired_report()};
  now.report.nodes[0].name = "log";
  now.report.nodes[2].name = "log";
  now.report.edges[0].from = now.report.edges[1].to = "log";
  const std::string svg = graph_svg(now, now);
  size_t circles = 0;
  for (size_t at = 0; (at = svg.find("<circle", at)) != std::string::npos; ++at) ++circles;
  CHECK(circles == 2);
  CHECK(has(svg, ">read 0/s<"));
}

TEST_CASE("a graph without nodes, and texts that are no UTF-8, make a picture, too") {
  Sample now{0, {}};
  CHECK(graph_svg(now, now).ends_with("</svg>\n"));
  CHECK(xml_escaped("a\xFF\x01'") == "a??&#39;");
  CHECK(xml_escaped("b\xC3\xB6rse") == "b\xC3\xB6rse");
}

TEST_CASE("the index says how it is and why") {
  const Report report = wired_report();
  CHECK(has(index_page(report, {}, "1.2.3"), "<p class=\"ready\">ready</p>"));
  const std::string page =
      index_page(report, {{"blocked", "trades", "a <disk> is full", 0}, {"starting", "", "x", 0}}, "");
  CHECK(has(page, "<li><b>blocked</b> trades: a &lt;disk&gt; is full</li>"));
  CHECK(has(page, "<li><b>starting</b>: x</li>"));
}

TEST_CASE("the index says since when, what is slow, and how long each part of a way takes") {
  Report report = wired_report();
  report.edges[1].settling_time = sluice::testing::taking(6'100'000'000, 500);
  const std::string page =
      index_page(report, {{"paused", "exchange", "no room", 1'000'000'000}}, "",
                 {{.node = 2, .name = "trades", .sentence = "a batch takes 6.1 s"}}, {}, 38'000'000'000);
  CHECK(has(page, "<li><b>paused</b> exchange: no room (for 37 s)</li>"));
  CHECK(has(page, "<li><b>trades</b>: a batch takes 6.1 s</li>"));
  CHECK(has(page, "<td>exchange to trades</td><td>settling in trades 6."));
}
