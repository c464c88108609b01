// SPDX-License-Identifier: Apache-2.0
// A property: whatever is wrong with a graph, no four characters in a row of a secret of it are said, in text, in JSON
// or in a picture. Secrets are random, in every form that passwords take, between random mistakes.
#include <random>

#include "catch.hpp"
#include "planning.hpp"
#include "validate/graph_picture.hpp"

namespace sluice::engine::testing {
namespace {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  size_t below(size_t bound) { return engine_() % bound; }
  template <typename List>
  auto one_of(const List& list) {
    return *(list.begin() + static_cast<std::ptrdiff_t>(below(list.size())));
  }
  std::string text(size_t length, std::string_view alphabet) {
    std::string made;
    while (made.size() < length) made += alphabet[below(alphabet.size())];
    return made;
  }

 private:
  std::mt19937 engine_;
};

constexpr std::string_view letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
// What YAML takes in a plain value, and what it takes in quotes.
constexpr std::string_view plain = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789/@?=&+-_.!~%^*;$";
constexpr std::string_view any = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789/@?=&+-_.!~%^*;$,:{}[]#|>()`";

const std::vector<std::string> names{"password",
                                     "passwrd",
                                     "pasword",
                                     "PASSWORD",
                                     "Password",
                                     "sslpassword",
                                     "passwd",
                                     "pwd",
                                     "secret",
                                     "db_secret",
                                     "token",
                                     "api_key",
                                     "tokne",
                                     "sasl.password",
                                     "ssl.key.password",
                                     "sasl.jaas.config",
                                     "passphrase",
                                     "DB-PassWord",
                                     "credentials",
                                     "sasl.oauthbearer.config"};

struct Secret {
  std::string whole;
  std::vector<std::string> parts;  // where the form takes it apart
  std::string options;             // lines of the node `out`, or of the file
};

std::string indented(const std::string& text, size_t by) { return std::string(by, ' ') + text + "\n"; }

Secret in_a_form(Random& random) {
  const std::string name = random.one_of(names);
  // Begins with a letter: another first character may be YAML's own.
  const auto made = [&](std::string_view alphabet) {
    return random.text(1, letters) + random.text(9 + random.below(12), alphabet);
  };
  std::string s = made(letters);
  const std::string other = random.text(10, letters);
  Secret secret;
  switch (random.below(22)) {
    case 0:
      s = made(plain);
      secret.options = indented(name + ": " + s, 4);
      break;
    case 1:
      s = made(any);
      secret.options = indented(name + ": \"" + s + "\"", 4);
      break;
    case 2:
      s = made(any);
      secret.options = indented(name + ": '" + s + "'", 4);
      break;
    case 3:
      s = made(any);
      secret.options = indented("url: \"postgresql://bob:" + s + "@127.0.0.1:5432/market\"", 4);
      break;
    case 4:
      s = made(plain);
      secret.options = indented("url: postgresql://bob:" + s + "@127.0.0.1/market", 4);
      break;
    case 5:
      secret.options = indented("url: \"postgresql://bob@db/market?x=1&" + name + "=" + s + "&y=2\"", 4);
      break;
    case 6:
      s = made(plain);
      secret.options = indented("url: \"host=db user=bob " + name + "=" + s + " bogus=1\"", 4);
      break;
    case 7:
      secret.options = indented("url: \"host=db " + name + " = '" + s + " " + other + "' bogus=1\"", 4);
      secret.parts = {other};
      break;
    case 8:
      s = made(plain);
      secret.options = indented("settings: { linger.ms: 5, " + name + ": \"" + s + "\", acks: all }", 4);
      break;
    case 9:
      s = made(plain);
      secret.options = indented("brokers: \"user:" + s + "@kafka:9092\"", 4);
      break;
    case 10:
      secret.options = indented(name + ": |", 4) + indented(s, 6) + indented(other, 6);
      secret.parts = {other};
      break;
    case 11:
      secret.options = indented(name + ": >-", 4) + indented(s, 8);
      break;
    case 12:
      secret.options = indented("url: \"postgresql://bob:" + s, 4) + indented(other + "@db/market\"", 8);
      secret.parts = {other};
      break;
    case 13:
      secret.options = indented(name + ": \"" + s, 4) + indented("  " + other + "\"", 6);
      secret.parts = {other};
      break;
    case 14:
      secret.options = indented("word: &pw " + s, 4) + indented(name + ": *pw", 4);
      break;
    case 15:
      secret.options = indented(name + ": [" + s + ", " + other + "]", 4);
      secret.parts = {other};
      break;
    case 16:
      secret.options = indented(name + ":", 4) + indented("- " + s, 6) + indented("- \"" + other + "\"", 6);
      secret.parts = {other};
      break;
    case 17:
      secret.options = indented("word: ${DB_PASSWORD:-" + s + "}", 4);
      break;
    case 18:
      secret.options = indented(name + ": { user: bob, value: " + s + " }", 4);
      break;
    case 19:
      s = made(any);
      secret.options = indented("memory: 5 # " + name + ": " + s, 4);
      break;
    case 20:
      secret.options = indented("holds: \"user:" + s + "@db\"", 4);
      break;
    default:
      secret.options = indented(name + ":", 4) + indented(s, 6);
      break;
  }
  secret.whole = s;
  return secret;
}

std::string mistake(Random& random) {
  static const std::vector<std::string> lines{"    tabel: t\n",
                                              "    holds: 5,000\n",
                                              "    memory: 12\n",
                                              "\tword: x\n",
                                              "   word: x\n",
                                              "    word: [a\n",
                                              "    word: \"a\n",
                                              "    word: { a: b\n",
                                              "    word: a: b\n",
                                              "    - x\n",
                                              "    durable: perhaps\n",
                                              "    within: soon\n",
                                              "    durable: no\n",
                                              "    word\n",
                                              "      deep: er\n",
                                              "    url: *nobody\n",
                                              "    word: !x y\n",
                                              "    reads: [nothing]\n",
                                              "    }\n",
                                              "    word: 'a\n",
                                              "    holds: ${NOBODY}\n",
                                              "    wrong: yes\n",
                                              "  other: { type: sink }\n",
                                              "nodes: 1\n",
                                              "    ? a\n",
                                              "    word: \xFF\n",
                                              "    word: \xC2\x9Bm\n"};
  return random.one_of(lines);
}

// As one line in {}, or as lines of a block.
std::string graph_of(Random& random, const Secret& secret) {
  std::string out;
  const bool is_line =
      secret.options.find('\n') + 1 == secret.options.size() && secret.options.find('#') == secret.options.npos;
  if (is_line && random.below(3) == 0) {
    const std::string option = secret.options.substr(4, secret.options.size() - 5);
    const bool is_quoted = option.find(": \"") != option.npos || option.find(": '") != option.npos ||
                           option.find_first_of(",{}[]#") == option.npos;
    static const std::vector<std::string> others{"tabel: t", "holds: 5,000", "memory: 12", "durable: perhaps",
                                                 "word: a"};
    if (is_quoted) {
      out = "  out: { type: sink, " +
            (random.below(2) == 0 ? option + ", " + random.one_of(others) : random.one_of(others) + ", " + option) +
            (random.below(6) == 0 ? "" : " }") + "\n";
    }
  }
  if (out.empty()) {
    out = "  out:\n    type: sink\n";
    if (random.below(2) == 0) out += mistake(random);
    out += secret.options;
    if (random.below(2) == 0) out += mistake(random);
  }
  std::string text = "graph: g\nnodes:\n  in: { type: source }\n" + out + "edges:\n  - in -> " +
                     (random.below(3) == 0 ? "ouut" : "out") + "\n";
  if (random.below(4) == 0) text += "require: { out: perhaps }\n";
  return text;
}

// Four characters of the secret that are also in the rest of the graph say nothing.
std::string leaked(const std::string& said, const std::string& secret, const std::string& without) {
  for (size_t at = 0; at + 4 <= secret.size(); ++at) {
    const std::string part = secret.substr(at, 4);
    if (said.find(part) != said.npos && without.find(part) == without.npos) return part;
  }
  return {};
}

std::string replaced(std::string text, const std::string& what) {
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at)) text.replace(at, what.size(), "~");
  return text;
}

TEST_CASE("no part of a secret is ever said") {
  size_t with_secret = 0;
  for (unsigned seed = 0; seed < 6000; ++seed) {
    Random random(seed);
    Secret secret = in_a_form(random);
    secret.parts.push_back(secret.whole);
    const std::string text = graph_of(random, secret);
    const Outcome outcome = plan_text_of(text, "", {{"DB_PASSWORD", random.below(2) == 0 ? secret.whole : ""}});
    std::string said = outcome.text() + plan_json(outcome.planned, outcome.diagnostics, outcome.source);
    Diagnostics ignored;
    const GraphSpec spec = read_graph(outcome.source, fixed_environment({}), ignored);
    said += mermaid_text(spec, stand_ins()) + dot_text(spec, stand_ins());
    std::string without = text;
    for (const std::string& part : secret.parts) without = replaced(without, part);
    // What every graph says anyway.
    without += plan_text_of(without).text();
    for (const std::string& part : secret.parts) {
      const std::string found = leaked(said, part, without);
      if (!found.empty()) FAIL("seed " << seed << " says \"" << found << "\" of\n" << text << "\n" << said);
    }
    with_secret += said.find("***") != said.npos ? 1 : 0;
  }
  CHECK(with_secret > 1000);
}

}  // namespace
}  // namespace sluice::engine::testing
