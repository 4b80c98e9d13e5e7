// A config struct as a flat list of fields: what its `visit` becomes, so that readers and writers need be no templates.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace gtn {

// The values that a number may take; of a list, those of each element. Every number must be finite besides.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false;  // `low` itself is left out

  bool contains(double value) const { return (open_low ? value > low : value >= low) && value <= high; }
};

constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range between(double low, double high) { return {.low = low, .high = high}; }
constexpr Range positive() { return {.low = 0.0, .open_low = true}; }

// An enum field: its spelled values, and the way to the variable.
struct EnumField {
  std::vector<std::string_view> names;
  std::function<std::string_view()> get;      // throws std::logic_error where the variable holds a value without a name
  std::function<void(std::string_view)> set;  // one of `names`
};

using FieldValue =
    std::variant<bool*, int64_t*, double*, std::string*, std::vector<int64_t>*, std::vector<std::string>*, EnumField>;

struct ConfigField {
  std::string key;      // dotted: "generator.width"
  std::string meaning;  // one line
  FieldValue value;     // points into the config
  Range range;
};

struct ConfigTable {
  std::string key;
  std::string meaning;
};

// In the order of `visit`; valid as long as the config lives where it is.
struct ConfigFields {
  std::vector<ConfigField> fields;
  std::vector<ConfigTable> tables;  // a table stands before those inside it
};

template <class T>
concept ConfigStruct = requires(T& config) {
  T::visit(config, [](auto&&...) {});
};

template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) {
  names_of(value);
};

template <NamedEnum T>
EnumField enum_field(T& variable) {
  EnumField field;
  for (const auto& [value, name] : names_of(variable)) field.names.push_back(name);
  field.get = [&variable] {
    for (const auto& [value, name] : names_of(variable))
      if (value == variable) return std::string_view(name);
    throw std::logic_error("an enum of a config holds a value that names_of does not list");
  };
  field.set = [&variable](std::string_view text) {
    for (const auto& [value, name] : names_of(variable))
      if (name == text) variable = value;
  };
  return field;
}

// The visitor that makes the list. Throws std::logic_error where a key is listed twice.
class FieldCollector {
 public:
  FieldCollector(ConfigFields& into, std::string prefix) : into_(into), prefix_(std::move(prefix)) {}

  template <class T, std::same_as<Range>... Ranges>
  void operator()(std::string_view name, T& variable, std::string_view meaning, Ranges... range) const {
    static_assert(sizeof...(range) <= 1, "a field has one range");
    constexpr bool kIsNumber =
        std::same_as<T, int64_t> || std::same_as<T, double> || std::same_as<T, std::vector<int64_t>>;
    static_assert(sizeof...(range) == 0 || kIsNumber, "only numbers have a range");
    const std::string key = prefix_ + std::string(name);
    refuse_twice(key);
    if constexpr (ConfigStruct<T>) {
      into_.tables.push_back({key, std::string(meaning)});
      T::visit(variable, FieldCollector(into_, key + "."));
    } else if constexpr (NamedEnum<T>) {
      into_.fields.push_back({key, std::string(meaning), enum_field(variable), Range{}});
    } else {
      static_assert(std::constructible_from<FieldValue, T*> && !std::is_enum_v<T>,
                    "a config field is a bool, int64_t, double, std::string, a vector of int64_t or std::string, an "
                    "enum with names_of or a struct with visit");
      into_.fields.push_back({key, std::string(meaning), &variable, Range{range...}});
    }
  }

 private:
  void refuse_twice(const std::string& key) const {
    for (const ConfigField& field : into_.fields)
      if (field.key == key) throw std::logic_error("the config key '" + key + "' is listed twice");
  }

  ConfigFields& into_;
  std::string prefix_;
};

template <ConfigStruct Config>
ConfigFields fields_of(Config& config) {
  ConfigFields fields;
  Config::visit(config, FieldCollector(fields, ""));
  return fields;
}

}  // namespace gtn
