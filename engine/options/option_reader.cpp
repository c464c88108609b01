// SPDX-License-Identifier: Apache-2.0
#include "options/option_reader.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "graph/did_you_mean.hpp"
#include "graph/secret_words.hpp"
#include "graph/source_text.hpp"
#include "graph/variables.hpp"
#include "graph/yaml_document.hpp"
#include "options/scalar.hpp"

namespace sluice::engine {
namespace {

bool takes_text(const sluice_option& option) {
  return is_scalar_kind(option.kind) ||
         (has_flag(option, SLUICE_ONE_OR_LIST) && option.field_count == 1 && takes_text(option.fields[0]));
}

/// The default as YAML; nothing when the option has none or it is not YAML.
std::optional<YamlNode> default_yaml(const sluice_option& option, Diagnostics& diagnostics) {
  const std::string_view text = to_view(option.fallback);
  if (text.empty()) return std::nullopt;
  if (takes_text(option) && !text.starts_with('[')) {
    YamlNode scalar;
    scalar.kind = YamlNode::Kind::scalar;
    scalar.text = text;
    return scalar;
  }
  return read_yaml(SourceText("default", std::string(text)), diagnostics);
}

bool filled_when_absent(const sluice_option& option) {
  const OptionTable fields = fields_of(option);
  const auto required = [](const sluice_option& field) { return has_flag(field, SLUICE_REQUIRED); };
  const auto has_default = [](const sluice_option& field) {
    return field.fallback.size != 0 || (field.kind == SLUICE_OBJECT && filled_when_absent(field));
  };
  return option.kind == SLUICE_OBJECT && !has_flag(option, SLUICE_REQUIRED) &&
         std::none_of(fields.begin(), fields.end(), required) && std::any_of(fields.begin(), fields.end(), has_default);
}

class Reader {
 public:
  Reader(const OptionReading& how, Diagnostics& diagnostics) : how_(how), diagnostics_(diagnostics) {}

  TypedConfig take() { return std::move(config_); }

  void read_root(OptionTable table, const YamlNode& written) {
    sluice_config& root = config_.mutable_root();
    mark(root, written.place);
    if (written.is_null() || written.is_map()) return read_fields(table, written, {}, root);
    fail(Code::wrong_type, written, {}, "the options are " + std::string(kind_text(written.kind)) + ", not a map");
  }

 private:
  std::string named(const std::string& path) const { return "option " + quoted(path, 100); }

  void mark(sluice_config& out, Place place) const {
    if (in_default_) return;
    out.line = static_cast<uint32_t>(place.line);
    out.column = static_cast<uint32_t>(place.column);
  }

  void fail(Code code, const YamlNode& at, const std::string& path, std::string sentence, std::string meant = {}) {
    if (!path.empty()) sentence = named(path) + ": " + sentence;
    diagnostics_.error(code, at.place, how_.subject, std::move(sentence), std::move(meant));
  }

  void read_fields(OptionTable table, const YamlNode& written, const std::string& path, sluice_config& out) {
    report_unknown(table, written, path);
    out.items = nullptr;
    out.item_count = table.size();
    sluice_config* items = config_.new_items(table.size());
    out.items = items;
    for (size_t i = 0; i < table.size(); ++i) {
      const sluice_option& option = table[i];
      items[i].key = option.name;
      const std::string inner = path + (path.empty() ? "" : ".") + std::string(name_of(option));
      if (const YamlEntry* entry = written.is_map() ? written.find(name_of(option)) : nullptr) {
        read_value(option, entry->value, inner, items[i]);
      } else {
        read_absent(option, written, inner, items[i]);
      }
    }
  }

  void report_unknown(OptionTable table, const YamlNode& written, const std::string& path) {
    std::vector<std::string> names;
    for (const sluice_option& option : table) names.emplace_back(name_of(option));
    for (const YamlEntry& entry : written.entries) {
      if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
      const std::string owner = path.empty() ? how_.type_name : quoted(path, 100);
      const std::string known = names.empty() ? "it has none" : "it has " + joined(names);
      diagnostics_.error(Code::unknown_option, entry.key_place, how_.subject,
                         quoted(entry.key) + " is not an option of " + owner + "; " + known,
                         did_you_mean(entry.key, names));
    }
  }

  void read_absent(const sluice_option& option, const YamlNode& owner, const std::string& path, sluice_config& out) {
    if (has_flag(option, SLUICE_REQUIRED)) {
      if (missing_is_fine_) return;
      const bool placed = owner.place.line != 0;
      const Place place = path.find('.') == std::string::npos && how_.place.line != 0 ? how_.place
                          : placed                                                    ? owner.place
                                                                                      : how_.place;
      diagnostics_.error(Code::missing_option, place, how_.subject,
                         how_.type_name + " needs the option \"" + path + "\", " + type_words(option) + ": " +
                             std::string(to_view(option.summary)));
      return;
    }
    std::optional<YamlNode> value = default_yaml(option, diagnostics_);
    if (!value && filled_when_absent(option)) {
      value.emplace();
      value->kind = YamlNode::Kind::map;
    }
    if (!value) return;
    const bool outer = std::exchange(in_default_, true);
    read_value(option, *value, path, out);
    in_default_ = outer;
  }

  void read_value(const sluice_option& option, const YamlNode& written, const std::string& path, sluice_config& out) {
    mark(out, written.place);
    if (written.is_null()) {
      fail(Code::wrong_type, written, path,
           "it has no value; write " + type_words(option) + ", or leave the option out");
    } else if (is_scalar_kind(option.kind)) {
      read_text(option, written, path, out);
    } else if (option.kind == SLUICE_LIST) {
      read_list(option, written, path, out);
    } else if (option.kind == SLUICE_MAP) {
      read_map(option, written, path, out);
    } else if (written.is_map()) {
      out.kind = SLUICE_OBJECT;
      read_fields(fields_of(option), written, path, out);
    } else {
      wrong_shape(option, written, path);
    }
  }

  void wrong_shape(const sluice_option& option, const YamlNode& written, const std::string& path) {
    const std::string example(to_view(option.example));
    fail(Code::wrong_type, written, path,
         "it takes " + type_words(option) + ", but this is " + std::string(kind_text(written.kind)) +
             (example.empty() ? "" : "; write for example " + example));
  }

  void read_text(const sluice_option& option, const YamlNode& written, const std::string& path, sluice_config& out) {
    if (!written.is_scalar()) return wrong_shape(option, written, path);
    bool secret = has_flag(option, SLUICE_SECRET) || written.secret || names_secret(path);
    bool is_from_file = written.secret;
    std::string text = written.text;
    bool checked = true;
    if (!in_default_ && has_variables(written.text)) {
      Parsed<Expanded> expanded = expand(written.text);
      if (expanded) {
        text = std::move(expanded->text);
        is_from_file = is_from_file || expanded->secret;
        secret = secret || is_from_file;
      } else if (how_.expand || check_variables(written.text)) {
        // The sentence names the variable or the file, never what is in it; as the reader of the file words it.
        return diagnostics_.error(expanded.problem().code, written.place, how_.subject, expanded.problem().sentence);
      } else {
        checked = false;
      }
    }
    if (secret && !in_default_) {
      config_.mark_secret(out, (has_flag(option, SLUICE_SECRET) && !in_map_) || is_from_file);
      // A mere number may be one of many, such as a size.
      const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
      if (!is_number || names_secret(path)) diagnostics_.secrecy().hide(text);
    }
    out.text = config_.keep(text);
    const Parsed<Scalar> scalar = read_scalar(option, text);
    if (scalar) {
      out.kind = option.kind;
      out.integer = scalar->integer;
      out.real = scalar->real;
    } else if (!checked || (!how_.expand && has_variables(written.text))) {
      out.kind = option.kind;
      out.integer = has_bounds(option) ? std::max<int64_t>(option.least, 0) : 0;
      out.real = static_cast<double>(out.integer);
    } else {
      refuse(option, written, path, scalar.problem(), text, secret);
    }
  }

  void refuse(const sluice_option& option, const YamlNode& written, const std::string& path,
              const ParseProblem& problem, const std::string& text, bool secret) {
    if (secret) return fail(problem.code, written, path, "*** is not " + type_words(option));
    fail(problem.code, written, path, problem.sentence,
         problem.code == Code::unknown_word ? did_you_mean(text, choice_names(option)) : std::string());
  }

  Parsed<Expanded> expand(const std::string& text) const {
    if (how_.expand && how_.environment != nullptr) return expand_variables(text, *how_.environment);
    return expand_variables(text, fixed_environment({}));
  }

  bool check_count(const sluice_option& option, const YamlNode& written, uint64_t count, const std::string& path) {
    const auto items = static_cast<int64_t>(count);
    if (!has_bounds(option) || (items >= option.least && items <= option.most)) return true;
    fail(Code::out_of_range, written, path,
         "it has " + std::to_string(count) + " items; it must have " + bounds_words(option));
    return false;
  }

  void read_list(const sluice_option& option, const YamlNode& written, const std::string& path, sluice_config& out) {
    const bool fits = option.fields[0].kind == SLUICE_OBJECT ? written.is_map() : written.is_scalar();
    const bool single = fits && has_flag(option, SLUICE_ONE_OR_LIST);
    if (!written.is_list() && !single) return wrong_shape(option, written, path);
    const size_t count = single ? 1 : written.items.size();
    if (!check_count(option, written, count, path)) return;
    sluice_config* items = new_items(SLUICE_LIST, count, out);
    for (size_t i = 0; i < count; ++i) {
      const std::string inner = single ? path : path + "[" + std::to_string(i + 1) + "]";
      read_value(option.fields[0], single ? written : written.items[i], inner, items[i]);
    }
  }

  void read_map(const sluice_option& option, const YamlNode& written, const std::string& path, sluice_config& out) {
    if (!written.is_map()) return wrong_shape(option, written, path);
    if (!check_count(option, written, written.entries.size(), path)) return;
    sluice_config* items = new_items(SLUICE_MAP, written.entries.size(), out);
    const bool outer = std::exchange(in_map_, true);
    for (size_t i = 0; i < written.entries.size(); ++i) {
      items[i].key = config_.keep(written.entries[i].key);
      read_value(option.fields[0], written.entries[i].value, path + "." + written.entries[i].key, items[i]);
    }
    in_map_ = outer;
  }

  sluice_config* new_items(uint32_t kind, size_t count, sluice_config& out) {
    sluice_config* items = config_.new_items(count);
    out.kind = kind;
    out.items = items;
    out.item_count = count;
    return items;
  }

 public:
  void allow_missing() { missing_is_fine_ = true; }
  void read_default(const sluice_option& option) {
    sluice_config ignored{};
    const std::optional<YamlNode> value = default_yaml(option, diagnostics_);
    if (value) read_value(option, *value, std::string(name_of(option)), ignored);
  }

 private:
  const OptionReading& how_;
  Diagnostics& diagnostics_;
  TypedConfig config_;
  bool in_default_ = false;
  bool in_map_ = false;
  bool missing_is_fine_ = false;
};

}  // namespace

TypedConfig read_options(OptionTable table, const YamlNode& written, const OptionReading& how,
                         Diagnostics& diagnostics) {
  Reader reader(how, diagnostics);
  reader.read_root(table, written);
  return reader.take();
}

TypedConfig default_options(OptionTable table) {
  const OptionReading how;
  Diagnostics ignored;
  Reader reader(how, ignored);
  reader.allow_missing();
  reader.read_root(table, YamlNode{});
  return reader.take();
}

std::vector<std::string> check_default(const sluice_option& option) {
  const OptionReading how;
  Diagnostics found;
  Reader reader(how, found);
  reader.read_default(option);
  std::vector<std::string> sentences;
  for (const Diagnostic& one : found.sorted()) sentences.push_back(one.sentence);
  return sentences;
}

}  // namespace sluice::engine
