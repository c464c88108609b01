// SPDX-License-Identifier: Apache-2.0
#include "probe.hpp"

#include <algorithm>

#include "listening.hpp"
#include "repair_probe.hpp"
#include "sluice/net/seconds.hpp"

namespace sluice::binance {
namespace {

constexpr int64_t longest_connect_ns = 10'000'000'000;
constexpr size_t most_named = 8;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < most_named; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  if (names.size() > most_named) text += " and " + std::to_string(names.size() - most_named) + " more";
  return text;
}

/// Which options a silence points at: a symbol without any event, a type without any, or one stream of both.
class Silence {
 public:
  Silence(const Options& options, const Heard& heard)
      : streams_(make_stream_names(options.symbols, options.stream_types)), heard_(heard) {
    within_ = heard.loss ? "before the connection was lost (" + heard.loss->sentence + ")"
                         : "within " + net::seconds(heard.listen_ns);
  }

  void tell(Config config, Description& description) {
    const Config symbols = config["symbols"], types = config["streams"];
    for (uint64_t i = 0; i < symbols.size(); ++i) {
      const auto names = all_silent([&](const StreamName& each) { return each.symbol_at == i; });
      if (names.empty()) continue;
      told_.insert(told_.end(), names.begin(), names.end());
      description.warning(symbols[i], no_event(names) + "; is the symbol traded, and spelled right?");
    }
    for (uint64_t i = 0; i < types.size(); ++i) {
      const auto names = all_silent([&](const StreamName& each) { return each.stream_at == i; });
      if (std::all_of(names.begin(), names.end(), [&](const auto& name) { return contains(told_, name); })) continue;
      told_.insert(told_.end(), names.begin(), names.end());
      description.warning(types[i],
                          no_event(names) +
                              "; is the stream's name spelled right (names are case-sensitive), and does it send that "
                              "often?");
    }
    for (const StreamName& each : streams_) {
      if (!contains(heard_.silent, each.name) || contains(told_, each.name)) continue;
      told_.push_back(each.name);
      description.warning(symbols[each.symbol_at],
                          no_event({each.name}) + ", while others of " + each.symbol + " did; is it only quiet?");
    }
  }

 private:
  static bool contains(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  }
  /// The names of those streams, when there are any and all of them are silent.
  template <typename Is>
  std::vector<std::string> all_silent(Is&& is) const {
    std::vector<std::string> names;
    for (const StreamName& each : streams_) {
      if (!is(each)) continue;
      if (!contains(heard_.silent, each.name)) return {};
      names.push_back(each.name);
    }
    return names;
  }
  std::string no_event(const std::vector<std::string>& names) const {
    return "no event of " + listed(names) + " came " + within_;
  }

  const std::vector<StreamName> streams_;
  const Heard& heard_;
  std::string within_;
  std::vector<std::string> told_;
};

Error no_connection(const Loss& loss, const Options& options) {
  std::string sentence = loss.sentence;
  if (loss.cause == Cause::proxy) sentence += "; the proxy is from " + options.proxy->from;
  if (loss.cause == Cause::unreachable) sentence += "; check url and the network";
  return transient(std::move(sentence), std::string(describe(loss.cause).name));
}

Result<void> tell(const Options& options, const Heard& heard, Config config, Description& description) {
  if (!heard.answer.empty()) {
    description.problem(config["streams"], "the exchange answered the streams' names with: " + heard.answer);
  }
  if (heard.malformed > 0) {
    description.warning(config["url"], std::to_string(heard.malformed) + " of " +
                                           std::to_string(heard.malformed + heard.events) +
                                           " messages are malformed, the first because " + heard.why_malformed +
                                           "; does url lead to the spot market's streams?");
  }
  if (!heard.meant.empty()) {
    description.warning(config["streams"], "the exchange sends messages of the stream '" + heard.unknown +
                                               "', which was not requested; did you mean '" + heard.meant +
                                               "'? Only the case differs");
  }
  if (heard.events > 0) {
    Silence(options, heard).tell(config, description);
    return {};
  }
  if (heard.loss && heard.loss->cause != Cause::closed) return no_connection(*heard.loss, options);
  if (heard.loss) {
    description.problem(config["streams"], heard.loss->sentence +
                                               " before an event came; if that is about the streams' names, correct "
                                               "symbols or streams, else try again");
  } else if (heard.answer.empty()) {
    description.problem(config["symbols"], "no event of " + listed(heard.silent) + " came within " +
                                               net::seconds(heard.listen_ns) +
                                               ": the exchange says nothing of names that it does not know; are they "
                                               "spelled right, and does url lead to the spot market's streams?");
  }
  return {};
}

}  // namespace

Result<void> probe_exchange(Config config, Description& description, int64_t listen_ns) {
  const Result<Options> options = parse_options(config);
  if (!options) return options.error();
  net::TlsContext tls;
  if (options->needs_tls()) {
    Result<net::TlsContext> made = net::make_tls_context(options->ca_file);
    if (!made) {
      description.problem(config["ca_file"], made.error().message);
      return {};
    }
    tls = *std::move(made);
  }
  const VisitLimits limits{std::min(options->connect_deadline_ns, longest_connect_ns), listen_ns};
  if (options->repair) probe_repair(*options->repair, tls.get(), limits.connect_ns, config["repair"], description);
  const Result<std::variant<Loss, Heard>> visited = visit(*options, tls.get(), limits);
  if (!visited) return visited.error();
  if (const Loss* loss = std::get_if<Loss>(&*visited)) return no_connection(*loss, *options);
  return tell(*options, std::get<Heard>(*visited), config, description);
}

}  // namespace sluice::binance
