#include "gtn/nets/spec_parser.h"

#include <algorithm>
#include <cctype>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr size_t kMaxLength = 64 << 10;
constexpr int kMaxDepth = 8;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-'; }

class SpecParser {
 public:
  explicit SpecParser(std::string_view text) : text_(text) {}

  std::vector<SpecItem> items(int depth) {
    if (depth > kMaxDepth) fail("blocks are nested deeper than " + std::to_string(kMaxDepth));
    std::vector<SpecItem> result;
    for (skip_separators(); !at_end() && peek() != '}'; skip_separators()) result.push_back(item(depth));
    if (depth == 0 && !at_end()) fail("'}' closes nothing");
    return result;
  }

 private:
  SpecItem item(int depth) {
    SpecItem result;
    result.place = place();
    result.name = word("a layer name");
    if (skip_blanks(), take('(')) result.arguments = arguments();
    while (skip_blanks(), take('{')) {
      result.bodies.push_back(items(depth + 1));
      if (!take('}')) fail("'}' is missing");
    }
    return result;
  }

  std::vector<SpecArgument> arguments() {
    std::vector<SpecArgument> result;
    if (skip_blanks(), take(')')) return result;
    while (true) {
      skip_blanks();
      SpecArgument argument{"", word("a value")};
      if (skip_blanks(), take('=')) {
        skip_blanks();
        argument = {std::move(argument.value), word("a value")};
      }
      result.push_back(std::move(argument));
      skip_blanks();
      if (take(')')) return result;
      if (!take(',')) fail("',' or ')' is missing");
    }
  }

  std::string word(const std::string& expected) {
    const size_t begin = position_;
    while (!at_end() && is_word(peek())) ++position_;
    if (begin == position_)
      fail(expected + " is expected here" + (at_end() ? "" : std::string(", not '") + peek() + "'"));
    return std::string(text_.substr(begin, position_ - begin));
  }

  bool at_end() const { return position_ == text_.size(); }
  char peek() const { return text_[position_]; }
  bool take(char c) { return !at_end() && peek() == c && ++position_; }
  void skip_blanks() { skip(false); }
  void skip_separators() { skip(true); }
  // One character, or a comment. Words hold no line breaks, so every one is seen here.
  void pass() {
    if (peek() == '#') {
      position_ = std::min(text_.find('\n', position_), text_.size());
      return;
    }
    if (text_[position_++] != '\n') return;
    ++line_;
    line_start_ = position_;
  }
  void skip(bool commas) {
    while (!at_end() &&
           (std::isspace(static_cast<unsigned char>(peek())) || (commas && peek() == ',') || peek() == '#'))
      pass();
  }
  [[noreturn]] void fail(const std::string& what) const { throw usage_error(place(), what); }
  std::string place() const {
    const std::string column = "column " + std::to_string(position_ - line_start_ + 1);
    return has_lines_ ? "line " + std::to_string(line_) + ", " + column : column;
  }

  std::string_view text_;
  bool has_lines_ = text_.find('\n') != std::string_view::npos;
  size_t position_ = 0, line_start_ = 0;
  int64_t line_ = 1;
};

}  // namespace

std::vector<SpecItem> parse_spec(std::string_view text) {
  if (text.size() > kMaxLength) throw usage_error("", "is longer than 64 KiB");
  return SpecParser(text).items(0);
}

std::string to_string(const std::vector<SpecItem>& items) {
  std::string text;
  for (const SpecItem& item : items) {
    if (!text.empty()) text += ' ';
    text += item.name;
    for (size_t i = 0; i < item.arguments.size(); ++i) {
      const SpecArgument& argument = item.arguments[i];
      text += (i ? ", " : "(") + (argument.name.empty() ? "" : argument.name + "=") + argument.value;
    }
    if (!item.arguments.empty()) text += ')';
    for (const auto& body : item.bodies) text += "{ " + to_string(body) + " }";
  }
  return text;
}

}  // namespace gtn
