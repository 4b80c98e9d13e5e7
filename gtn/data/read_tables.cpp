// Tables of numbers with a column of classes, as data sets: a row is an image of one pixel with a channel a column.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "gtn/core/file.h"
#include "gtn/core/nearest.h"
#include "gtn/core/quote.h"
#include "gtn/data/csv_reader.h"
#include "gtn/data/own_parts.h"

namespace gtn {
namespace {

constexpr size_t kMostCsvColumns = kMostTableColumns + 1;
constexpr uint64_t kTableLimit = uint64_t{1} << 30;
constexpr double kTableUnit = 255;  // a value of 1 in Dataset's units

const FaultKind kMissing{"missing cells", "fill them in, or remove the rows or columns"};
const FaultKind kText{"cells that are no numbers",
                      "write them as numbers, with a point and not a comma, or leave the columns out"};
const FaultKind kInfinite{"cells that are infinite or too large", "write finite numbers"};
const FaultKind kLength{"rows of another length than the first", "give every row as many cells"};

std::optional<double> number_in(const std::string& text) {
  const bool plus = text.starts_with("+") && !text.starts_with("+-");
  const char* begin = text.data() + (plus ? 1 : 0);
  double value = 0;
  const auto [stop, error] = std::from_chars(begin, text.data() + text.size(), value);
  const bool tiny = text.find("e-") != std::string::npos || text.find("E-") != std::string::npos;
  if (error == std::errc::result_out_of_range) return tiny ? 0 : INFINITY;
  return error == std::errc() && stop == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool is_missing(const std::string& text) {
  static const std::set<std::string> words = {"", "?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None"};
  return words.contains(text);
}

struct Table {
  std::string file;  // for messages
  std::vector<std::string> header;
  size_t label = 0;  // column
  std::vector<float> values = {};
  std::vector<std::string> labels = {}, sources = {};
};

class TableReader {
 public:
  TableReader(const std::filesystem::path& path, const DataConfig& config, Faults& faults)
      : path_(path), config_(config), faults_(faults) {}

  Table read() {
    table_.file = path_.filename().string();
    const std::string text = read_file(path_, kTableLimit);
    const char separator = path_.extension() == ".tsv" ? '\t' : csv_separator(text);
    read_csv(text, separator, table_.file, [&](int64_t line, const std::vector<std::string>& cells) {
      if (!table_.header.empty()) return add_row(line, cells);
      if (!take_header(cells)) return false;
      return has_header_ || add_row(line, cells);
    });
    groups_.add_to(faults_);
    if (table_.header.empty() && faults_.empty()) faults_.add(table_.file + " holds no rows");
    return std::move(table_);
  }

 private:
  // The first row: names, or values already. Returns whether the table can be read.
  bool take_header(const std::vector<std::string>& cells) {
    if (cells.size() < 2 || cells.size() > kMostCsvColumns) {
      faults_.add(table_.file + " has " + std::to_string(cells.size()) + " columns, but 2 to " +
                  std::to_string(kMostCsvColumns) + " are possible, one of them the class" +
                  (cells.size() > 1 ? "; choose fewer" : "; separate them by commas"));
      return false;
    }
    has_header_ = std::none_of(cells.begin(), cells.end() - 1, [](const auto& cell) { return number_in(cell); });
    for (size_t c = 0; c < cells.size(); ++c)
      table_.header.push_back(has_header_ ? cells[c] : "column " + std::to_string(c + 1));
    if (has_header_) check_names();
    return find_label();
  }

  void check_names() {
    std::set<std::string> seen;
    for (const std::string& name : table_.header) {
      if (name.empty())
        faults_.add(table_.file + " has a column without a name; name it, or leave it out (pandas: index=False)");
      else if (!seen.insert(name).second)
        faults_.add(table_.file + " has two columns " + gtn::quoted(name) + "; rename one of them");
    }
  }

  bool find_label() {
    const auto place = [&](const std::string& name) { return std::ranges::find(table_.header, name); };
    auto found = table_.header.end() - 1;
    if (!config_.label.empty()) {
      found = place(config_.label);
    } else {
      for (const char* usual : {"y", "species", "target", "class", "label"})
        if (const auto named = place(usual); named != table_.header.end()) found = named;
    }
    if (found == table_.header.end()) {
      const std::string near = nearest(config_.label, table_.header);
      faults_.add(table_.file + " has no column " + gtn::quoted(config_.label) + ", as data.label says" +
                  (near.empty() ? "" : "; did you mean " + gtn::quoted(near) + "?"));
      return false;
    }
    table_.label = static_cast<size_t>(found - table_.header.begin());
    return true;
  }

  // Returns whether there may be more.
  bool add_row(int64_t line, const std::vector<std::string>& cells) {
    const std::string where = "line " + std::to_string(line);
    if (cells.size() != table_.header.size()) {
      groups_.add(kLength, table_.file + " " + where + ": " + std::to_string(cells.size()) + " cells");
      return true;
    }
    for (size_t c = 0; c < cells.size(); ++c) {
      const auto shown = [&] { return table_.file + " " + where + ", " + gtn::quoted(table_.header[c]); };
      if (is_missing(cells[c]))
        groups_.add(kMissing, shown());
      else if (c != table_.label)
        add_value(cells[c], shown);
    }
    table_.labels.push_back(cells[table_.label]);
    table_.sources.push_back(table_.file + " " + where);
    if (static_cast<int64_t>(table_.labels.size()) < kMostExamples) return true;
    faults_.add(table_.file + " has " + std::to_string(kMostExamples) +
                " rows or more, which are not read; choose fewer");
    return false;
  }

  void add_value(const std::string& cell, const auto& shown) {
    const std::optional<double> value = number_in(cell);
    const auto scaled = static_cast<float>(value.value_or(0) * kTableUnit);
    if (!value)
      groups_.add(kText, shown() + ": " + gtn::quoted(cell));
    else if (!std::isfinite(scaled))
      groups_.add(kInfinite, shown() + ": " + gtn::quoted(cell));
    table_.values.push_back(scaled);
  }

  const std::filesystem::path& path_;
  const DataConfig& config_;
  Faults& faults_;
  Table table_;
  FaultGroups groups_;
  bool has_header_ = false;
};

OwnPart table_part(const Table& table) {
  OwnPart part;
  const auto rows = static_cast<int64_t>(table.labels.size()), columns = static_cast<int64_t>(table.header.size()) - 1;
  part.images = at::tensor(table.values, at::kFloat).view({rows, columns, 1, 1});
  part.sources = table.sources;
  return part;
}

}  // namespace

OwnParts read_tables(const std::filesystem::path& file, const std::filesystem::path& test, const DataConfig& config,
                     Faults& faults) {
  OwnParts parts;
  try {
    const Table training = TableReader(file, config, faults).read();
    const Table tested = test.empty() ? Table{} : TableReader(test, config, faults).read();
    if (!test.empty() && training.header != tested.header && faults.empty())
      faults.add(training.file + " and " + tested.file + " have different columns; give both the same, in one order");
    if (!faults.empty()) return {};
    parts.train = table_part(training);
    if (!test.empty()) parts.test = table_part(tested);
    for (size_t c = 0; c < training.header.size(); ++c)
      if (const std::string& name = training.header[c]; c != training.label)
        parts.columns.push_back(is_plain_name(name) ? name : gtn::quoted(name));
    parts.remarks.push_back("the class is column " + gtn::quoted(training.header[training.label]) +
                            "; the others are numbers, taught to learners without convolutions");
    number_labels(parts, {training.labels, {}, tested.labels}, {}, faults);
  } catch (const Error& error) {
    faults.add(error.what());
  }
  return faults.empty() ? std::move(parts) : OwnParts{};
}

}  // namespace gtn
