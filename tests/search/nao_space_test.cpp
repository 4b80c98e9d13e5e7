// Cells of NAO's space: which of them are one architecture, and what lies one choice away.
#include "gtn/search/nao_space.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <set>

#include "gtn/nets/nao.h"
#include "gtn/nets/spec.h"
#include "tests/search/space_contract.h"

namespace gtn {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

size_t index(int value) { return static_cast<size_t>(value); }

using Order = std::array<int, kNaoNodes>;

// The cell with its nodes written in another order; none where a node would read a later one.
std::optional<NaoCell> in_order(const NaoCell& cell, const Order& order) {
  std::array<int, kNaoInputs + kNaoNodes> name{0, 1};
  for (int place = 0; place < kNaoNodes; ++place) name[index(kNaoInputs + order[index(place)])] = kNaoInputs + place;
  NaoCell result;
  for (int place = 0; place < kNaoNodes; ++place) {
    NaoNode node = cell[index(order[index(place)])];
    for (NaoEdge& edge : node) {
      edge.from = name[index(edge.from)];
      if (edge.from >= kNaoInputs + place) return std::nullopt;
    }
    std::sort(node.begin(), node.end());
    result[index(place)] = node;
  }
  return result;
}

// Every way to write a cell, but for the order within its nodes.
std::set<NaoCell> writings(const NaoCell& cell) {
  std::set<NaoCell> result;
  Order order;
  std::iota(order.begin(), order.end(), 0);
  do {
    if (const auto written = in_order(cell, order)) result.insert(*written);
  } while (std::next_permutation(order.begin(), order.end()));
  return result;
}

NaoCell any_cell() {
  NaoCell cell;
  for (int node = 0; node < kNaoNodes; ++node)
    for (NaoEdge& edge : cell[index(node)])
      // Few operations and near inputs, so that equal nodes are common.
      edge = {*rc::gen::inRange(0, kNaoInputs + node),
              *rc::gen::element(NaoOp::identity, NaoOp::conv3x3, NaoOp::maxpool2)};
  return cell;
}

TEST(NaoSpace, holds_to_the_contract) {
  expect_space_contract(NaoSpace(), {.draws = 4});
  expect_space_contract(NaoSpace({.width = 3, .cells = 2}), {.image = {3, 32, 32}, .draws = 2});
}

RC_GTEST_PROP(NaoSpace, the_canonical_form_is_the_first_of_all_writings, ()) {
  const NaoSpace space;
  const NaoCell normal = any_cell(), reduction = any_cell();
  const std::set<NaoCell> normals = writings(normal), reductions = writings(reduction);
  const std::string first = to_string(NaoGenotype{*normals.begin(), *reductions.begin()});
  NaoGenotype written{*rc::gen::elementOf(normals), *rc::gen::elementOf(reductions)};
  for (NaoNode& node : written.normal)
    if (*rc::gen::arbitrary<bool>()) std::swap(node[0], node[1]);
  RC_ASSERT(space.canonical(to_string(written)) == first);
  RC_ASSERT(space.features(to_string(written)) == space.features(first));
}

TEST(NaoSpace, one_architecture_builds_one_network_however_it_is_written) {
  const NaoSpace space;
  const std::string written =
      "normal[1:conv3x3 0:maxpool2 | 0:conv1x1 0:identity | 3:identity 2:conv1x7_7x1 | 0:avgpool5 1:identity | "
      "1:conv1x1 "
      "4:identity] ";
  const std::string again =
      "normal[0:identity 0:conv1x1 | 0:maxpool2 1:conv3x3 | 3:conv1x7_7x1 2:identity | 1:conv1x1 4:identity | "
      "1:identity "
      "0:avgpool5] ";
  const std::string sample = space.sample(Key(1)), reduction = sample.substr(sample.find("reduction"));
  EXPECT_EQ(space.canonical(written + reduction), space.canonical(again + reduction));
  const auto as_written = make_nao(written + reduction, {1, 8, 8}, 3, 8, 1);
  const auto canonical = make_net(space.learner(again + reduction), {1, 8, 8}, 3);
  EXPECT_EQ(as_written->parameter_count(), canonical->parameter_count());
  EXPECT_EQ(as_written->multiply_adds(), canonical->multiply_adds());
}

TEST(NaoSpace, draws_every_operation_and_every_input) {
  const NaoSpace space;
  std::set<NaoEdge> seen;
  for (uint64_t i = 0; i < 60; ++i) {
    const NaoGenotype genotype = parse_nao(space.sample(Key(i)));
    EXPECT_NE(genotype.normal, genotype.reduction);
    for (const NaoCell& cell : {genotype.normal, genotype.reduction})
      for (const NaoNode& node : cell) seen.insert(node.begin(), node.end());
  }
  std::set<NaoOp> operations;
  std::set<int> inputs;
  for (const NaoEdge& edge : seen) {
    operations.insert(edge.op);
    inputs.insert(edge.from);
  }
  EXPECT_EQ(operations.size(), 11u);
  EXPECT_EQ(inputs.size(), 6u);  // all but the last node
  EXPECT_THAT(space.describe(), HasSubstr("written in 1.8e+32 ways"));
}

TEST(NaoSpace, neighbours_differ_in_one_choice) {
  const NaoSpace space;
  const std::string reduction =
      " reduction[0:identity 1:conv1x1 | 0:conv3x3 2:conv3x3 | 1:conv1x1 3:maxpool3 | 2:identity 4:conv1x1 | "
      "3:avgpool2 "
      "5:conv3x3]";
  const auto with = [&](const std::string& normal) { return space.canonical("normal[" + normal + "]" + reduction); };
  const auto neighbours =
      space.neighbours(with("0:conv3x3 1:conv3x3 | 0:identity 1:maxpool2 | 2:conv1x1 3:conv1x1 | 0:avgpool2 1:avgpool2 "
                            "| 0:avgpool3 1:avgpool3"));
  EXPECT_THAT(neighbours, Contains(with("0:conv3x3 1:identity | 0:identity 1:maxpool2 | 2:conv1x1 3:conv1x1 | "
                                        "0:avgpool2 1:avgpool2 | 0:avgpool3 1:avgpool3")));
  EXPECT_THAT(neighbours, Contains(with("0:conv3x3 1:conv3x3 | 0:identity 1:maxpool2 | 2:conv1x1 2:conv1x1 | "
                                        "0:avgpool2 1:avgpool2 | 0:avgpool3 1:avgpool3")));
  // The first node may read one that stands behind it, as long as that does not read it.
  EXPECT_THAT(neighbours, Contains(with("0:identity 1:maxpool2 | 0:avgpool2 1:avgpool2 | 0:conv3x3 3:conv3x3 | "
                                        "4:conv1x1 2:conv1x1 | 0:avgpool3 1:avgpool3")));
  EXPECT_THAT(neighbours, Not(Contains(with("0:conv3x3 1:identity | 0:identity 1:maxpool3 | 2:conv1x1 3:conv1x1 | "
                                            "0:avgpool2 1:avgpool2 | 0:avgpool3 1:avgpool3"))));
}

// In how many choices two nodes differ, whatever the order of their inputs.
int steps_apart(const NaoNode& a, const NaoNode& b) {
  const auto edge = [](const NaoEdge& s, const NaoEdge& t) { return (s.from != t.from) + (s.op != t.op); };
  return std::min(edge(a[0], b[0]) + edge(a[1], b[1]), edge(a[0], b[1]) + edge(a[1], b[0]));
}

// The fewest choices in which two cells differ, however their nodes are written.
int steps_apart(const NaoCell& a, const NaoCell& b) {
  int fewest = 4 * kNaoNodes;
  for (const NaoCell& s : writings(a)) {
    for (const NaoCell& t : writings(b)) {
      int choices = 0;
      for (size_t node = 0; node < s.size(); ++node) choices += steps_apart(s[node], t[node]);
      fewest = std::min(fewest, choices);
    }
  }
  return fewest;
}

TEST(NaoSpace, every_neighbour_is_one_choice_away) {
  const NaoSpace space;
  for (uint64_t i = 0; i < 3; ++i) {
    const NaoGenotype here = parse_nao(space.sample(Key(i)));
    const std::vector<std::string> neighbours = space.neighbours(to_string(here));
    EXPECT_GT(neighbours.size(), 200u);  // 10 operations at each of 20 places, and inputs
    for (const std::string& text : neighbours) {
      const NaoGenotype there = parse_nao(text);
      EXPECT_EQ(steps_apart(here.normal, there.normal) + steps_apart(here.reduction, there.reduction), 1) << text;
    }
  }
}

TEST(NaoSpace, features_are_operations_and_paths) {
  const std::vector<std::string> words = NaoSpace().features(
      "normal[0:identity 1:conv1x1 | 2:maxpool2 2:maxpool2 | 3:conv3x3 3:identity | 4:identity 4:identity | 5:identity "
      "5:avgpool5] reduction[0:identity 1:conv1x1 | 0:conv3x3 1:conv1x1 | 0:conv3x3 1:conv1x1 | 0:conv3x3 1:conv1x1 | "
      "0:conv3x3 1:avgpool3]");
  const auto times = [&](const std::string& word) { return std::count(words.begin(), words.end(), word); };
  EXPECT_EQ(times("normal:maxpool2"), 2);
  EXPECT_EQ(times("normal:conv1x1"), 1);
  EXPECT_EQ(times("normal:1>conv1x1>maxpool2>conv3x3>identity>avgpool5"), 4);
  EXPECT_EQ(times("reduction:conv3x3"), 4);
  EXPECT_EQ(times("reduction:0>conv3x3"), 4);
  EXPECT_EQ(times("reduction:1>avgpool3"), 1);
  EXPECT_EQ(words.size(), 20u + 32u + 10u);
}

TEST(NaoSpace, says_its_settings_and_the_faults_of_a_text) {
  EXPECT_EQ(NaoSpace().name(), "nao");
  const NaoSpace large({.width = 16, .cells = 3});
  EXPECT_EQ(large.name(), "nao(width=16, cells=3)");
  EXPECT_THAT(large.learner(large.sample(Key(2))), HasSubstr(", width=16, cells=3)"));
  for (const auto& call : {&Space::canonical, &Space::learner})
    expect_error([&] { (large.*call)("normal[0:conv3x3 2"); }, ErrorKind::usage,
                 {"column 18: a node from 0 to 1 is expected here"});
}

}  // namespace
}  // namespace gtn
