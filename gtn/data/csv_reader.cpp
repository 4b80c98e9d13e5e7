#include "gtn/data/csv_reader.h"

#include <algorithm>
#include <array>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr size_t kMostCells = 2'000'000;  // of a row; each takes 32 bytes, however short
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

class CsvReader {
 public:
  CsvReader(std::string_view text, char separator, const std::string& where)
      : text_(text), separator_(separator), where_(where) {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  bool at_end() const { return at_ == text_.size(); }
  int64_t line() const { return line_; }

  // The cells up to the end of the row, which is passed over.
  void next(std::vector<std::string>& cells) {
    const int64_t line = line_;
    cells.clear();
    do {
      if (cells.size() == kMostCells)
        throw failure(where_, "the row in line " + std::to_string(line) + " has more than " +
                                  std::to_string(kMostCells) + " cells; is it a table?");
      cells.push_back(cell());
    } while (separator_passed_);
  }

 private:
  // Up to and with the separator or the line break.
  std::string cell() {
    size_t begin = at_;
    while (begin < text_.size() && is_blank(text_[begin]) && text_[begin] != separator_) ++begin;
    if (begin < text_.size() && text_[begin] == '"') return quoted_cell(begin);
    return plain_cell();
  }

  std::string plain_cell() {
    const size_t end = std::min(text_.find_first_of(std::string{separator_, '\n'}, at_), text_.size());
    const std::string cell = trimmed(text_.substr(at_, end - at_));
    pass(end);
    return cell;
  }

  std::string quoted_cell(size_t begin) {
    const int64_t line = line_;
    std::string cell;
    size_t at = begin + 1;
    for (;; ++at) {
      if (at >= text_.size())
        throw failure(where_, "the quote in line " + std::to_string(line) + " never ends; close it");
      if (text_[at] == '\n') ++line_;
      if (text_[at] != '"')
        cell += text_[at];
      else if (at + 1 < text_.size() && text_[at + 1] == '"')
        cell += text_[at++];
      else
        break;
    }
    at_ = at + 1;
    return cell + plain_cell();  // what follows the quote belongs to the cell too
  }

  void pass(size_t end) {
    at_ = std::min(end + 1, text_.size());
    separator_passed_ = end < text_.size() && text_[end] == separator_;
    if (end < text_.size() && !separator_passed_) ++line_;
  }

  std::string_view text_;
  char separator_;
  const std::string& where_;
  size_t at_ = 0;
  int64_t line_ = 1;
  bool separator_passed_ = false;  // behind the last cell, so that another one follows
};

}  // namespace

void read_csv(std::string_view text, char separator, const std::string& where, const CsvRow& row) {
  if (text.find('\0') != std::string_view::npos)
    throw failure(where, "is no text (it holds zero bytes); save it as CSV in UTF-8");
  CsvReader reader(text, separator, where);
  std::vector<std::string> cells;
  while (!reader.at_end()) {
    const int64_t line = reader.line();
    reader.next(cells);
    const bool blank = cells.size() == 1 && cells[0].empty();
    if (!blank && !row(line, cells)) return;
  }
}

char csv_separator(std::string_view text) {
  std::array<std::pair<char, int64_t>, 3> counts = {{{',', 0}, {';', 0}, {'\t', 0}}};
  bool quote = false;
  for (const char c : text) {
    if (c == '\n' && !quote) break;
    if (c == '"') quote = !quote;
    if (quote) continue;
    for (auto& [separator, count] : counts) count += c == separator;
  }
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first;
}

}  // namespace gtn
