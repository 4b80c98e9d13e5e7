#include "gtn/nets/cell_text.h"

#include <cinttypes>
#include <cstdio>

#include "gtn/core/error.h"
#include "gtn/core/quote.h"

namespace gtn {
namespace {

constexpr int64_t kMaxSize = 1024;  // of width and cells

void expect_size(const std::string& where, const std::string& name, int64_t value) {
  if (value < 1 || value > kMaxSize)
    throw usage_error(where,
                      name + " must lie from 1 to " + std::to_string(kMaxSize) + ", not " + std::to_string(value));
}

}  // namespace

std::string cell_network_text(std::string_view name, const CellNetwork& network) {
  return std::string(name) + "(" + network.genotype + ", width=" + std::to_string(network.width) +
         ", cells=" + std::to_string(network.cells) + ")";
}

std::optional<CellNetwork> read_cell_network(std::string_view name, const std::string& text) {
  const std::string prefix = std::string(name) + "(";
  if (!text.starts_with(prefix)) return std::nullopt;
  CellNetwork network{};
  int end = -1;
  const size_t comma = text.find(',');
  if (comma == std::string::npos ||
      std::sscanf(text.c_str() + comma, ", width=%4" SCNd64 ", cells=%4" SCNd64 ")%n", &network.width, &network.cells,
                  &end) != 2 ||
      end != static_cast<int>(text.size() - comma))
    throw usage_error("learner " + quoted(text), "is not of the form " + prefix + "GENOTYPE, width=8, cells=1)");
  network.genotype = text.substr(prefix.size(), comma - prefix.size());
  return network;
}

void expect_cell_sizes(const std::string& where, int64_t width, int64_t cells) {
  expect_size(where, "width", width);
  expect_size(where, "cells", cells);
}

}  // namespace gtn
