// SPDX-License-Identifier: Apache-2.0
#include "sluice/testing/options.hpp"

#include <algorithm>
#include <cstdlib>

#include "flow_text.hpp"
#include "sluice/text.hpp"

namespace sluice::testing {
namespace {

bool is_number(uint32_t kind) {
  return kind == SLUICE_INTEGER || kind == SLUICE_DURATION || kind == SLUICE_SIZE || kind == SLUICE_COUNT;
}

bool is_composite(uint32_t kind) { return kind == SLUICE_LIST || kind == SLUICE_MAP || kind == SLUICE_OBJECT; }

class Builder {
 public:
  Builder(OptionTree& tree, uint64_t stride) : tree_(tree), stride_(stride) {}

  void object(const sluice_option* fields, uint64_t count, const Values& values, const std::string& place,
              sluice_config& out) {
    for (const Field& given : values) {
      bool known = false;
      for (uint64_t i = 0; i < count; ++i) known = known || to_view(at(fields, i).name) == given.key;
      if (!known) problem(place + given.key, "is not an option");
    }
    std::vector<sluice_config>& items = level(count);
    for (uint64_t i = 0; i < count; ++i) {
      const sluice_option& option = at(fields, i);
      const std::string name(to_view(option.name));
      items[i].key = option.name;
      const auto given = std::find_if(values.begin(), values.end(), [&](const Field& f) { return f.key == name; });
      if (given != values.end()) {
        value(option, given->value, place + name, items[i]);
      } else if (option.fallback.size > 0) {
        value(option, Value(to_view(option.fallback)), place + name, items[i]);
      } else if (filled_when_absent(option)) {
        object(option.fields, option.field_count, {}, place + name + ".", items[i]);
      } else if ((option.flags & SLUICE_REQUIRED) != 0) {
        problem(place + name, "is required");
      }
    }
    finish(out, SLUICE_OBJECT, items);
  }

 private:
  void problem(const std::string& place, const std::string& sentence) {
    tree_.problems.push_back("option '" + place + "' " + sentence);
  }
  const sluice_option& at(const sluice_option* table, uint64_t index) const {
    return *reinterpret_cast<const sluice_option*>(reinterpret_cast<const char*>(table) + index * stride_);
  }
  /// As the engine has it: an object that is not there, but whose fields have defaults, is there with those.
  bool filled_when_absent(const sluice_option& option) const {
    if (option.kind != SLUICE_OBJECT || (option.flags & SLUICE_REQUIRED) != 0) return false;
    bool has_default = false;
    for (uint64_t i = 0; i < option.field_count; ++i) {
      const sluice_option& field = at(option.fields, i);
      if ((field.flags & SLUICE_REQUIRED) != 0) return false;
      has_default = has_default || field.fallback.size != 0 || filled_when_absent(field);
    }
    return has_default;
  }
  std::vector<sluice_config>& level(uint64_t count) {
    sluice_config blank{};
    blank.struct_size = sizeof blank;
    return tree_.levels.emplace_back(count, blank);
  }
  sluice_str keep(std::string text) { return to_str(tree_.texts.emplace_back(std::move(text))); }
  static void finish(sluice_config& out, uint32_t kind, const std::vector<sluice_config>& items) {
    out.struct_size = sizeof out;
    out.kind = kind;
    out.items = items.data();
    out.item_count = items.size();
  }

  void value(const sluice_option& option, const Value& written, const std::string& place, sluice_config& out) {
    const bool is_flow = is_composite(option.kind) && written.kind == Value::Kind::text;
    const Value given = is_flow ? parse_flow(written.text) : written;
    if (option.kind == SLUICE_LIST) return items(option, given, place, out);
    if (option.kind == SLUICE_MAP) return entries(option, given, place, out);
    if (option.kind == SLUICE_OBJECT) {
      if (given.kind != Value::Kind::map) return problem(place, "must be an object: map({...})");
      return object(option.fields, option.field_count, given.fields, place + ".", out);
    }
    scalar(option, given, place, out);
  }

  void items(const sluice_option& option, const Value& given, const std::string& place, sluice_config& out) {
    const bool single = given.kind != Value::Kind::list;
    if (single && (option.flags & SLUICE_ONE_OR_LIST) == 0) return problem(place, "must be a list: list({...})");
    const std::vector<Value> values = single ? std::vector<Value>{given} : given.items;
    std::vector<sluice_config>& made = level(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      value(option.fields[0], values[i], place + "[" + std::to_string(i) + "]", made[i]);
    }
    check_bounds(option, static_cast<int64_t>(values.size()), place, " items");
    finish(out, SLUICE_LIST, made);
  }

  void entries(const sluice_option& option, const Value& given, const std::string& place, sluice_config& out) {
    if (given.kind != Value::Kind::map) return problem(place, "must be a map: map({...})");
    std::vector<sluice_config>& made = level(given.fields.size());
    for (size_t i = 0; i < given.fields.size(); ++i) {
      made[i].key = keep(given.fields[i].key);
      value(option.fields[0], given.fields[i].value, place + "." + given.fields[i].key, made[i]);
    }
    check_bounds(option, static_cast<int64_t>(given.fields.size()), place, " entries");
    finish(out, SLUICE_MAP, made);
  }

  void scalar(const sluice_option& option, const Value& given, const std::string& place, sluice_config& out) {
    using Kind = Value::Kind;
    if (given.kind == Kind::list || given.kind == Kind::map) return problem(place, "must be a single value");
    out.kind = option.kind;
    out.integer = given.integer;
    out.real = given.kind == Kind::real ? given.real : static_cast<double>(given.integer);
    out.text = keep(given.kind == Kind::text      ? given.text
                    : given.kind == Kind::boolean ? (given.integer != 0 ? "true" : "false")
                    : given.kind == Kind::real    ? std::to_string(given.real)
                                                  : std::to_string(given.integer));
    if (option.kind == SLUICE_CHOICE) return choice(option, place, out);
    if (option.kind == SLUICE_BOOLEAN) {
      const std::string_view text = to_view(out.text);
      if (text != "true" && text != "false") problem(place, "must be true or false");
      out.integer = text == "true" ? 1 : 0;
    } else if (option.kind == SLUICE_REAL) {
      if (given.kind == Kind::text) out.real = std::strtod(given.text.c_str(), nullptr);
      if (out.real < static_cast<double>(option.least) || out.real > static_cast<double>(option.most)) {
        problem(place, "is out of bounds");
      }
    } else if (is_number(option.kind)) {
      number(option, given, place, out);
    }
  }

  void number(const sluice_option& option, const Value& given, const std::string& place, sluice_config& out) {
    if (given.kind == Value::Kind::text) {
      const std::optional<int64_t> parsed = parse_number(option.kind, given.text);
      if (!parsed) return problem(place, "is no number with a unit of its kind: '" + given.text + "'");
      out.integer = *parsed;
    } else if (given.kind == Value::Kind::real || given.kind == Value::Kind::boolean) {
      return problem(place, "must be a whole number");
    }
    check_bounds(option, out.integer, place, "");
  }

  void choice(const sluice_option& option, const std::string& place, sluice_config& out) {
    for (uint64_t i = 0; i < option.choice_count; ++i) {
      if (to_view(option.choices[i]) != to_view(out.text)) continue;
      out.integer = static_cast<int64_t>(i);
      return;
    }
    problem(place, "has no choice '" + std::string(to_view(out.text)) + "'");
  }

  void check_bounds(const sluice_option& option, int64_t number, const std::string& place, const char* what) {
    if (number >= option.least && number <= option.most) return;
    problem(place, "must lie between " + std::to_string(option.least) + " and " + std::to_string(option.most) + what +
                       ", and is " + std::to_string(number));
  }

  OptionTree& tree_;
  uint64_t stride_;
};

}  // namespace

std::shared_ptr<const OptionTree> build_options(const sluice_node_type& type, const Values& values) {
  auto tree = std::make_shared<OptionTree>();
  Builder(*tree, type.option_stride).object(type.options, type.option_count, values, "", tree->root);
  return tree;
}

}  // namespace sluice::testing
