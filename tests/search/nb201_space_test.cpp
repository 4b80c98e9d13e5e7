#include "gtn/search/nb201_space.h"

#include "gtn/nets/genotype.h"
#include "tests/search/space_contract.h"

namespace gtn {
namespace {

TEST(Nb201Space, holds_the_contract) { expect_space_contract(Nb201Space()); }

// Nodes 1 and 2 may change places where no edge joins them.
std::string relabelled(const std::string& genotype) {
  const CellGenotype cell = parse_nasbench201(genotype);
  CellGenotype other = cell;
  other.edges[0] = cell.edge(0, 2);
  other.edges[1] = cell.edge(0, 1);
  other.edges[4] = cell.edge(2, 3);
  other.edges[5] = cell.edge(1, 3);
  return to_string(other);
}

TEST(Nb201Space, finds_relabelled_cells_equal) {
  const Nb201Space space;
  int64_t tried = 0;
  for (uint64_t i = 0; tried < 30; ++i) {
    CellGenotype cell = parse_nasbench201(space.sample(Key(i)));
    cell.edges[2] = CellOp::none;
    const std::string genotype = to_string(cell);
    std::string canonical;
    try {
      canonical = space.canonical(genotype);
    } catch (const Error&) {
      continue;  // the edge was the only way
    }
    EXPECT_EQ(space.canonical(relabelled(genotype)), canonical) << genotype;
    ++tried;
  }
}

TEST(Nb201Space, finds_identities_and_zeros_equal) {
  const Nb201Space space;
  const auto same = [&](const std::string& a, const std::string& b) {
    return space.canonical(a) == space.canonical(b);
  };
  // Node 1 is the input itself.
  EXPECT_TRUE(same("|skip_connect~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|skip_connect~2|",
                   "|none~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|skip_connect~2|"));
  // What nothing reads, and what reads zero, does not matter.
  EXPECT_TRUE(same("|nor_conv_1x1~0|+|none~0|none~1|+|avg_pool_3x3~0|none~1|none~2|",
                   "|none~0|+|none~0|nor_conv_3x3~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"));
  // Sums have no order and no nesting.
  EXPECT_TRUE(same("|nor_conv_1x1~0|+|skip_connect~0|skip_connect~1|+|nor_conv_3x3~0|none~1|skip_connect~2|",
                   "|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|skip_connect~1|skip_connect~2|"));
  EXPECT_FALSE(same("|nor_conv_1x1~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|",
                    "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|"));
  EXPECT_THROW(space.canonical("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"), Error);
}

TEST(Nb201Space, counts_each_network_once) {
  // By another program: 4,930 sums, the zero among them.
  EXPECT_EQ(Nb201Space().size(), 4929);
}

TEST(Nb201Space, is_opened_with_its_sizes) {
  const SpacePtr space = open_space("nb201(width=16, cells=5)");
  const std::string genotype = space->at(100);
  EXPECT_EQ(space->learner(genotype), "nasbench201(" + genotype + ", width=16, cells=5)");
  EXPECT_GT(make_net(space->learner(genotype), {3, 32, 32}, 10)->parameter_count(),
            make_net(Nb201Space().learner(genotype), {3, 32, 32}, 10)->parameter_count());
  EXPECT_THROW(open_space("nb201(width=0)"), Error);
  EXPECT_THROW(open_space("nb201(depth=3)"), Error);
  EXPECT_THROW(open_space("nb102"), Error);
}

}  // namespace
}  // namespace gtn
