// SPDX-License-Identifier: Apache-2.0
// A simulator on a thread of this process, in a folder of its own, and its truth once it has stopped.
// Takes a free port; stops when it goes out of scope.
#pragma once
#include <simdjson.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "server.hpp"

class Running {
 public:
  explicit Running(sluice::sim::Options options) {
    std::string name = (std::filesystem::temp_directory_path() / "binance_sim_XXXXXX").string();
    folder_ = mkdtemp(name.data());
    options.port = 0;
    options.truth_path = (folder_ / "truth.json").string();
    server_ = std::make_unique<sluice::sim::Server>(std::move(options));
    const auto failure = server_->prepare();
    if (failure) FAIL(failure->message);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~Running() {
    stop();
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::uint16_t port(std::size_t host = 0) const { return server_->port(host); }
  std::string certificate() const { return server_->certificate_pem(); }

  simdjson::dom::element truth() {
    stop();
    return parser_.load((folder_ / "truth.json").string());
  }
  // Of the n-th connection, from 0.
  simdjson::dom::element connection(std::size_t n) { return truth()["connections"].at(n); }
  std::string closed_by(std::size_t n) { return std::string(std::string_view(connection(n)["closed_by"])); }

  // Every id that was sent, by stream.
  std::map<std::string, std::vector<std::int64_t>> sent_ids() {
    std::map<std::string, std::vector<std::int64_t>> all;
    for (const simdjson::dom::element stream : truth()["streams"]) {
      auto& ids = all[std::string(std::string_view(stream["stream"]))];
      simdjson::dom::array list;
      if (stream["ids"].get(list) == simdjson::SUCCESS)
        for (const simdjson::dom::element id : list) ids.push_back(id);
      if (stream["ranges"].get(list) == simdjson::SUCCESS)
        for (const simdjson::dom::element range : list)
          for (std::int64_t id = range.at(0); id <= std::int64_t(range.at(1)); ++id) ids.push_back(id);
      if (ids.empty()) all.erase(std::string(std::string_view(stream["stream"])));
    }
    return all;
  }

 private:
  void stop() {
    if (!thread_.joinable()) return;
    server_->stop("test");
    thread_.join();
  }
  std::filesystem::path folder_;
  std::unique_ptr<sluice::sim::Server> server_;
  std::thread thread_;
  simdjson::dom::parser parser_;
};

// Adds the ids of combined frames, by stream.
inline void collect_ids(const std::vector<std::string>& frames,
                        std::map<std::string, std::vector<std::int64_t>>& into) {
  simdjson::dom::parser parser;
  for (const std::string& frame : frames) {
    simdjson::dom::element root = parser.parse(frame);
    const std::string_view name = root["stream"];
    const std::string stream(name);
    const char* key = stream.find("@trade") != std::string::npos      ? "t"
                      : stream.find("@aggTrade") != std::string::npos ? "a"
                                                                      : "u";
    into[stream].push_back(root["data"][key]);
  }
}
