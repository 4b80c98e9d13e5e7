// Cells of NAS-Bench-201: which of them are one architecture, held against the paper's own notion.
#include "gtn/search/nb201_space.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "gtn/nets/genotype.h"
#include "gtn/nets/spec.h"
#include "tests/core/expect_error.h"

namespace gtn {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr int kCells = 15625;

const Nb201Space& space() {
  static const Nb201Space space;
  return space;
}

CellGenotype cell_of(int code) {
  CellGenotype cell;
  for (CellOp& op : cell.edges) {
    op = static_cast<CellOp>(code % 5);
    code /= 5;
  }
  return cell;
}

// Structure.to_unique_str(consider_zero=True) of the benchmark's code.
std::string unique_string(const CellGenotype& cell) {
  std::vector<std::string> nodes{"0"};
  for (int to = 1; to < kCellNodes; ++to) {
    std::vector<std::string> terms;
    for (int from = 0; from < to; ++from) {
      const CellOp op = cell.edge(from, to);
      const std::string& input = nodes[static_cast<size_t>(from)];
      if (op == CellOp::none || input == "#")
        terms.emplace_back("#");
      else if (op == CellOp::skip_connect)
        terms.push_back(input);
      else
        terms.push_back("(" + input + ")@" + std::to_string(static_cast<int>(op)));
    }
    std::sort(terms.begin(), terms.end());
    std::string sum;
    for (const std::string& term : terms) sum += (sum.empty() ? "" : "+") + term;
    nodes.push_back(sum);
  }
  return nodes.back();
}

TEST(Nb201Space, counts_what_the_header_says) {
  EXPECT_EQ(space().size(), 5259);
  std::set<std::string> paper;
  int zero = 0;
  for (int code = 0; code < kCells; ++code) {
    paper.insert(unique_string(cell_of(code)));
    try {
      space().canonical(to_string(cell_of(code)));
    } catch (const Error&) {
      ++zero;
    }
  }
  EXPECT_EQ(paper.size(), 6466u);
  EXPECT_EQ(zero, 341);
}

// Where the paper sees one structure, the number of parameters decides, and it decides alone.
TEST(Nb201Space, cells_are_one_where_they_are_isomorphic_and_have_equally_many_parameters) {
  std::map<std::string, int64_t> parameters;                                   // by canonical genotype
  std::map<std::pair<std::string, int64_t>, std::set<std::string>> canonical;  // by structure and parameters
  for (int code = 0; code < kCells; code += 3) {
    const std::string text = to_string(cell_of(code));
    std::string first;
    try {
      first = space().canonical(text);
    } catch (const Error&) {
      continue;
    }
    const int64_t count = make_nasbench201(text, {1, 4, 4}, 2, 1, 1)->parameter_count();
    const auto [known, is_new] = parameters.emplace(first, count);
    EXPECT_EQ(known->second, count) << text << " is no " << first;
    canonical[{unique_string(cell_of(code)), count}].insert(first);
  }
  for (const auto& [structure, genotypes] : canonical) EXPECT_EQ(genotypes.size(), 1u) << structure.first;
}

RC_GTEST_PROP(Nb201Space, the_order_of_nodes_without_an_edge_between_them_does_not_matter, (bool zero_first)) {
  CellGenotype cell = cell_of(*rc::gen::inRange(0, kCells));
  cell.edges[2] = CellOp::none;  // 1-2
  if (zero_first) cell.edges[0] = CellOp::none;
  cell.edges[3] = CellOp::nor_conv_1x1;  // 0-3, so that it is never zero
  CellGenotype swapped = cell;
  std::swap(swapped.edges[0], swapped.edges[1]);  // 0-1 and 0-2
  std::swap(swapped.edges[4], swapped.edges[5]);  // 1-3 and 2-3
  RC_ASSERT(space().canonical(to_string(cell)) == space().canonical(to_string(swapped)));
}

TEST(Nb201Space, one_convolution_added_twice_is_no_two_convolutions) {
  const auto canonical = [](const std::string& text) { return space().canonical(text); };
  const std::string twice = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|";
  const std::string two = "|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_3x3~0|skip_connect~1|none~2|";
  EXPECT_NE(canonical(twice), canonical(two));
  const std::string pools = "|avg_pool_3x3~0|+|none~0|none~1|+|avg_pool_3x3~0|skip_connect~1|none~2|";
  EXPECT_EQ(canonical("|avg_pool_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|"),
            canonical(pools));
}

TEST(Nb201Space, an_idle_edge_does_not_stand_in_the_way_of_a_neighbour) {
  const std::string one = space().canonical("|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|");
  const std::string two = space().canonical("|nor_conv_1x1~0|+|none~0|none~1|+|nor_conv_3x3~0|skip_connect~1|none~2|");
  const std::vector<std::string> neighbours = space().neighbours(one);
  EXPECT_THAT(neighbours, testing::Contains(two));
}

TEST(Nb201Space, features_are_operations_and_paths) {
  EXPECT_THAT(space().features("|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|avg_pool_3x3~1|none~2|"),
              UnorderedElementsAre("operation=nor_conv_3x3", "operation=avg_pool_3x3", "path=nor_conv_3x3>avg_pool_3x3",
                                   "path=identity"));
}

TEST(Nb201Space, faults_are_those_of_the_text_and_the_zero_cell) {
  expect_error([] { space().canonical("|nor_conv_3x3~0|"); }, ErrorKind::usage, {"column 17: '+' is expected here"});
  expect_error([] { space().neighbours("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"); }, ErrorKind::usage,
               {"'none' cuts every path", "open one edge"});
}

}  // namespace
}  // namespace gtn
