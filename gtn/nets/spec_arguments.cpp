#include "gtn/nets/spec_arguments.h"

#include <charconv>
#include <cmath>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr int64_t kMaxExtent = 1 << 16;  // of a width, kernel, stride ...

}  // namespace

std::optional<std::string> SpecArguments::find(const std::string& name, int position) {
  int at = 0;
  for (size_t i = 0; i < used_.size(); ++i) {
    const SpecArgument& argument = item_.arguments[i];
    if (argument.name.empty() ? at++ == position : argument.name == name) {
      used_[i] = true;
      return argument.value;
    }
  }
  return std::nullopt;
}

bool SpecArguments::flag(const std::string& word) {
  for (size_t i = 0; i < used_.size(); ++i) {
    if (!item_.arguments[i].name.empty() || item_.arguments[i].value != word) continue;
    used_[i] = true;
    return true;
  }
  return false;
}

int64_t SpecArguments::extent(const std::string& name, int position, std::optional<int64_t> absent, int64_t low) {
  const std::optional<std::string> text = find(name, position);
  if (!text && absent) return *absent;
  if (!text) fail("needs a " + name + ", as in " + item_.name + "(16)");
  return *text == "classes" ? classes_ : number(*text, name, low);
}

SpecArguments::Pair SpecArguments::pair(const std::string& name, Pair absent, int64_t low) {
  const std::optional<std::string> text = find(name);
  if (!text) return absent;
  const size_t cross = text->find('x');
  if (cross == std::string::npos) return {number(*text, name, low), number(*text, name, low)};
  return {number(text->substr(0, cross), name, low), number(text->substr(cross + 1), name, low)};
}

double SpecArguments::real(int position, double absent) {
  const std::optional<std::string> text = find("", position);
  if (!text) return absent;
  double value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || !std::isfinite(value))
    fail("'" + *text + "' is not a number");
  return value;
}

void SpecArguments::expect_all_used() const {
  for (size_t i = 0; i < used_.size(); ++i)
    if (!used_[i])
      fail("does not know the argument '" + (item_.arguments[i].name.empty() ? "" : item_.arguments[i].name + "=") +
           item_.arguments[i].value + "'");
}

void SpecArguments::fail(const std::string& what) const {
  throw usage_error(item_.place, "'" + item_.name + "' " + what);
}

int64_t SpecArguments::number(const std::string& text, const std::string& name, int64_t low) const {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > kMaxExtent)
    fail("needs a whole number from " + std::to_string(low) + " to " + std::to_string(kMaxExtent) + " for " + name +
         ", not '" + text + "'");
  return value;
}

}  // namespace gtn
