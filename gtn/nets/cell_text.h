// What the texts of search cells share: names of operations, and the learner text NAME(GENOTYPE, width=W, cells=N).
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gtn {

// The name of an operation, as names_of() lists it.
template <class Op>
std::string_view name_of(Op op) {
  for (const auto& [value, name] : names_of(op))
    if (value == op) return name;
  throw std::invalid_argument("an operation without a name");
}

template <class Op>
std::optional<Op> operation_named(std::string_view word) {
  for (const auto& [value, name] : names_of(Op{}))
    if (name == word) return value;
  return std::nullopt;
}

// All names, for messages.
template <class Op>
std::string operation_names() {
  std::string names;
  for (const auto& [value, name] : names_of(Op{})) names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

// A network of cells: `cells` in each of three stages, the first of `width` channels.
struct CellNetwork {
  std::string genotype;
  int64_t width, cells;
};

std::string cell_network_text(std::string_view name, const CellNetwork& network);
// None where the text begins otherwise than "NAME("; throws a usage error where it does not go on as it should.
std::optional<CellNetwork> read_cell_network(std::string_view name, const std::string& text);
// Throws a usage error where width or cells lie outside 1 to 1024.
void expect_cell_sizes(const std::string& where, int64_t width, int64_t cells);

}  // namespace gtn
