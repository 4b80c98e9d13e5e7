// Learners of NAS-Bench-201 cells: the text, the network around a cell counted by hand, and its derivatives.
#include "gtn/nets/genotype.h"

#include <gmock/gmock.h>

#include "gtn/core/error.h"
#include "tests/nets/contract.h"

namespace gtn {
namespace {

using testing::HasSubstr;

const std::string kFull =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|";
const std::string kMixed = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|skip_connect~2|";

// Everything but the cells: stem, two reductions, last norm, linear; C = width.
int64_t skeleton(int64_t in, int64_t c, int64_t classes) {
  const auto reduction = [](int64_t from) {
    const int64_t to = 2 * from;
    return (from * to * 9 + 2 * to) + (to * to * 9 + 2 * to) + from * to;
  };
  return (in * c * 9 + 2 * c) + reduction(c) + reduction(2 * c) + 2 * 4 * c + (4 * c * classes + classes);
}

TEST(Genotype, text_round_trips_with_every_operation) {
  for (const std::string& text : {kFull, kMixed}) EXPECT_EQ(to_string(parse_nasbench201(text)), text);
  const CellGenotype genotype = parse_nasbench201(kMixed);
  EXPECT_EQ(genotype.edge(0, 1), CellOp::nor_conv_3x3);
  EXPECT_EQ(genotype.edge(0, 2), CellOp::none);
  EXPECT_EQ(genotype.edge(1, 2), CellOp::skip_connect);
  EXPECT_EQ(genotype.edge(0, 3), CellOp::avg_pool_3x3);
  EXPECT_EQ(genotype.edge(1, 3), CellOp::nor_conv_1x1);
  EXPECT_EQ(genotype.edge(2, 3), CellOp::skip_connect);
}

TEST(Genotype, the_largest_cell_has_the_published_number_of_parameters) {
  // 1.531546 million and 220.12 MFLOP in the benchmark's tables (width 16, 5 cells a stage, 32 x 32 images).
  const auto net = make_nasbench201(kFull, {3, 32, 32}, 10, 16, 5);
  EXPECT_EQ(net->parameter_count(), 1531546);
  EXPECT_NEAR(static_cast<double>(net->multiply_adds()) / 1e6, 220.12, 0.005);
}

TEST(Genotype, parameters_and_work_as_counted_by_hand) {
  const int64_t c = 3, in = 2, classes = 4;
  const auto net = make_nasbench201(kMixed, {in, 8, 8}, classes, c, 2);
  int64_t cells = 0, work = 0;
  for (const int64_t width : {c, 2 * c, 4 * c}) {
    cells += 2 * ((width * width * 9 + 2 * width) + (width * width + 2 * width));
    const int64_t area = 64 * c * c / (width * width);
    work += 2 * area * width * width * 10;
  }
  EXPECT_EQ(net->parameter_count(), skeleton(in, c, classes) + cells);
  work += 64 * in * c * 9 + 4 * c * classes;
  for (const int64_t from : {c, 2 * c}) {
    const int64_t area = 64 * c * c / (4 * from * from), to = 2 * from;
    work += area * (from * to * 9 + to * to * 9 + from * to);
  }
  EXPECT_EQ(net->multiply_adds(), work);
}

TEST(Genotype, holds_to_the_learner_contract) {
  const ContractCase contract{.input = {2, 8, 8}, .batch = 12, .classes = 3};
  for (const std::string& text : {kFull, kMixed})
    expect_learner_contract(make_nasbench201(text, contract.input, contract.classes, 3, 1), contract);
}

TEST(Genotype, what_cannot_matter_is_left_out) {
  const Shape image{2, 8, 8};
  const auto count = [&](const std::string& text) {
    return make_nasbench201(text, image, 4, 3, 1)->parameter_count() - skeleton(2, 3, 4);
  };
  const int64_t wide = 9 * (9 + 36 + 144) + 2 * (3 + 6 + 12);
  // Only the direct edge counts: node 1 is read by nobody, node 2 reads nothing.
  EXPECT_EQ(count("|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|nor_conv_3x3~2|"), wide);
  // Node 1 is zero, and node 2 with it.
  EXPECT_EQ(count("|none~0|+|none~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|"), wide);
  // The identity, added to itself by way of node 1.
  EXPECT_EQ(count("|skip_connect~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|none~2|"), 0);
  const auto contract = ContractCase{.input = {2, 8, 4}, .batch = 6, .classes = 3};
  expect_learner_contract(
      make_nasbench201("|skip_connect~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|none~2|", {2, 8, 4}, 3, 3, 1),
      contract);
}

TEST(Genotype, its_layers_are_those_that_the_benchmark_names) {
  const auto net = make_nasbench201(kMixed, {3, 8, 8}, 10, 4, 1);
  std::string layers;
  for (const Node& node : net->nodes()) layers += (node.layer ? node.layer->text() : "+") + " ";
  const std::string stem = "conv(4, k=3, nobias) norm(batch) ";
  const auto cell = [](const std::string& width) {
    return "avgpool(3, s=1, p=1) relu conv(" + width + ", k=3, nobias) norm(batch) relu conv(" + width +
           ", k=1, nobias) norm(batch) + ";
  };
  const auto reduction = [](const std::string& width) {
    return "relu conv(" + width + ", k=3, s=2, nobias) norm(batch) relu conv(" + width +
           ", k=3, nobias) norm(batch) avgpool(2) conv(" + width + ", k=1, nobias) + ";
  };
  EXPECT_EQ(layers, stem + cell("4") + reduction("8") + cell("8") + reduction("16") + cell("16") +
                        "norm(batch) relu gap linear(10) ");
}

std::string message(const std::string& text, const Shape& input = {3, 8, 8}, int64_t width = 4, int64_t cells = 1) {
  try {
    make_nasbench201(text, input, 10, width, cells);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "no error";
}

TEST(Genotype, faults_name_the_place_and_the_cure) {
  const std::string zero = "|none~0|+|none~0|nor_conv_3x3~1|+|none~0|skip_connect~1|nor_conv_3x3~2|";
  const std::pair<std::string, std::string> cases[] = {
      {"", "genotype \"\", column 1: '|' is expected here"},
      {"conv", "column 1: '|' is expected here"},
      {"|nor_conv_3x3~0|", "column 17: '+' is expected here"},
      {"|nor_conv_5x5~0|", "column 2: \"nor_conv_5x5\" is not an operation; there are: none, skip_connect"},
      {"|none~1|", "column 6: '~0' is expected here"},
      {"|none", "column 6: '~0' is expected here"},
      {kFull + "+|none~0|", "nothing may follow"},
      {zero, "genotype " + zero + ": 'none' cuts every path"},
  };
  for (const auto& [text, part] : cases) {
    EXPECT_THAT(message(text), HasSubstr(part));
  }
  EXPECT_THAT(message(kFull, {3, 8, 10}), HasSubstr("multiples of four, not [3, 8, 10]"));
  EXPECT_THAT(message(kFull, {12}), HasSubstr("multiples of four, not [12]"));
  EXPECT_THAT(message(kFull, {3, 8, 8}, 0), HasSubstr("width must lie from 1 to 1024, not 0"));
  EXPECT_THAT(message(kFull, {3, 8, 8}, 4, 2000), HasSubstr("cells must lie from 1 to 1024, not 2000"));
}

}  // namespace
}  // namespace gtn
