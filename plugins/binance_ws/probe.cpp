// SPDX-License-Identifier: Apache-2.0
#include "probe.hpp"

#include <algorithm>

#include "listening.hpp"
#include "seconds.hpp"

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
  Silence(const Options& options, const Heard& heard) : options_(options), heard_(heard) {
    within_ = heard.loss ? "before the connection was lost (" + heard.loss->sentence + ")"
                         : "within " + seconds(heard.listen_ns);
  }

  void tell(Config config, Description& description) {
    const auto& symbols = options_.symbols;
    const auto& types = options_.stream_types;
    for (size_t i = 0; i < symbols.size(); ++i) {
      if (is_repeated(symbols, i) || !all(types, [&](const auto& type) { return is_silent(symbols[i], type); }))
        continue;
      std::vector<std::string> names;
      for (const std::string& type : types) add(name(symbols[i], type), names);
      told_.insert(told_.end(), names.begin(), names.end());
      description.warning(config["symbols"][i], no_event(names) + "; is the symbol traded, and spelled right?");
    }
    for (size_t i = 0; i < types.size(); ++i) {
      if (is_repeated(types, i) || !all(symbols, [&](const auto& symbol) { return is_silent(symbol, types[i]); }))
        continue;
      std::vector<std::string> names;
      for (const std::string& symbol : symbols) add(name(symbol, types[i]), names);
      if (all(names, [&](const auto& each) { return contains(told_, each); })) continue;
      told_.insert(told_.end(), names.begin(), names.end());
      description.warning(config["streams"][i], no_event(names) +
                                                    "; is the stream's name spelled right (its case counts), and "
                                                    "does it send that often?");
    }
    for (size_t i = 0; i < symbols.size(); ++i) {
      for (const std::string& type : types) {
        const std::string stream = name(symbols[i], type);
        if (!is_silent(symbols[i], type) || contains(told_, stream)) continue;
        told_.push_back(stream);
        description.warning(config["symbols"][i],
                            no_event({stream}) + ", while others of " + symbols[i] + " did; is it only quiet?");
      }
    }
  }

 private:
  template <typename List, typename Is>
  static bool all(const List& list, Is&& is) {
    return std::all_of(list.begin(), list.end(), is);
  }
  static bool contains(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  }
  static void add(std::string text, std::vector<std::string>& list) {
    if (!contains(list, text)) list.push_back(std::move(text));
  }
  static bool is_repeated(const std::vector<std::string>& list, size_t index) {
    const auto end = list.begin() + static_cast<std::ptrdiff_t>(index);
    return std::find(list.begin(), end, list[index]) != end;
  }
  static std::string name(const std::string& symbol, const std::string& type) {
    return ascii_lower(symbol) + "@" + type;
  }
  bool is_silent(const std::string& symbol, const std::string& type) const {
    return contains(heard_.silent, name(symbol, type));
  }
  std::string no_event(const std::vector<std::string>& names) const {
    return "no event of " + listed(names) + " came " + within_;
  }

  const Options& options_;
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
                                               seconds(heard.listen_ns) +
                                               ": the exchange says nothing of names that it does not know; are they "
                                               "spelled right, and does url lead to the spot market's streams?");
  }
  return {};
}

}  // namespace

Result<void> probe_exchange(Config config, Description& description, int64_t listen_ns) {
  const Result<Options> options = parse_options(config);
  if (!options) return options.error();
  TlsContext tls;
  if (options->endpoint.tls) {
    Result<TlsContext> made = make_tls_context(options->ca_file);
    if (!made) {
      description.problem(config["ca_file"], made.error().message);
      return {};
    }
    tls = *std::move(made);
  }
  const VisitLimits limits{std::min(options->connect_deadline_ns, longest_connect_ns), listen_ns};
  const Result<std::variant<Loss, Heard>> visited = visit(*options, tls.get(), limits);
  if (!visited) return visited.error();
  if (const Loss* loss = std::get_if<Loss>(&*visited)) return no_connection(*loss, *options);
  return tell(*options, std::get<Heard>(*visited), config, description);
}

}  // namespace sluice::binance
