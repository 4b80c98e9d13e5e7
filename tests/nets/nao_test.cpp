// Learners of NAO's cells: the text, the network counted by hand and held against one that concatenates, and its
// derivatives.
#include "gtn/nets/nao.h"

#include <gmock/gmock.h>

#include <set>

#include "gtn/nets/spec.h"
#include "tests/core/expect_error.h"
#include "tests/nets/contract.h"

namespace gtn {
namespace {

// All operations, and the nodes 4, 5 and 6 of the normal and 3, 5 and 6 of the reduction cell at their outputs.
const std::string kNormal =
    "normal[0:conv3x3 1:maxpool2 | 2:identity 1:conv1x7_7x1 | 3:avgpool2 0:identity | 2:conv1x1 2:maxpool5 | "
    "0:avgpool5 "
    "3:conv1x3_3x1]";
const std::string kReduction =
    "reduction[1:identity 0:avgpool2 | 2:maxpool3 1:conv3x3 | 0:conv1x3_3x1 1:maxpool2 | 4:avgpool3 2:conv1x1 | "
    "4:identity 1:conv1x7_7x1]";
const std::string kMixedNao = kNormal + " " + kReduction;
const std::string kChain =
    "normal[0:identity 1:identity | 2:maxpool3 2:maxpool3 | 3:avgpool3 3:conv3x3 | 4:identity 4:conv1x1 | 5:avgpool2 "
    "5:identity] reduction[0:maxpool2 1:avgpool3 | 0:identity 0:identity | 1:conv1x1 1:avgpool5 | 0:maxpool5 "
    "0:maxpool3 | 1:conv3x3 1:conv3x3]";

TEST(Nao, text_round_trips_with_every_operation) {
  for (const std::string& text : {kMixedNao, kChain}) EXPECT_EQ(to_string(parse_nao(text)), text);
  const NaoGenotype genotype = parse_nao(kMixedNao);
  EXPECT_EQ(genotype.normal[0][1], (NaoEdge{1, NaoOp::maxpool2}));
  EXPECT_EQ(genotype.normal[4][0], (NaoEdge{0, NaoOp::avgpool5}));
  EXPECT_EQ(genotype.reduction[2][0], (NaoEdge{0, NaoOp::conv1x3_3x1}));
  std::set<NaoOp> seen;
  for (const NaoCell& cell : {genotype.normal, genotype.reduction})
    for (const NaoNode& node : cell)
      for (const NaoEdge& edge : node) seen.insert(edge.op);
  EXPECT_EQ(seen.size(), names_of(NaoOp{}).size());
  std::string blanks = "  " + kMixedNao + " ";
  for (size_t at = 0; (at = blanks.find_first_of("[|]:", at)) != std::string::npos; at += 3)
    blanks.insert(at, " ").insert(at + 2, " ");
  EXPECT_EQ(to_string(parse_nao(blanks)), kMixedNao);
}

TEST(Nao, parameters_as_counted_by_hand) {
  const int64_t width = 3, in = 2, classes = 4;
  const auto net = make_nao(kMixedNao, {in, 8, 8}, classes, width, 1);
  // A convolution of c to c channels with `taps` weights each, and its norm.
  const auto conv = [](int64_t c, int64_t taps) { return c * c * taps + 2 * c; };
  // What gives both inputs a cell's channels c, from `before` and `last` channels after concatenation.
  const auto adjust = [](int64_t c, int64_t before, int64_t last) { return before * c + 2 * c + last * c + 2 * c; };
  const auto normal = [&](int64_t c) { return conv(c, 9) + conv(c, 14) + conv(c, 1) + conv(c, 6); };
  // Two of its identities read an input or a node: only that of the input is a convolution.
  const auto reduction = [&](int64_t c) { return conv(c, 1) + conv(c, 9) + conv(c, 6) + conv(c, 1) + conv(c, 14); };
  // 1 x k and k x 1 are two convolutions, but one norm follows: c c (k + k) weights.
  const int64_t c1 = width, c2 = 2 * width, c4 = 4 * width;
  const int64_t cells = adjust(c1, c1, c1) + normal(c1)               //
                        + adjust(c2, c1, 3 * c1) + reduction(c2)      //
                        + adjust(c2, 3 * c1, 3 * c2) + normal(c2)     //
                        + adjust(c4, 3 * c2, 3 * c2) + reduction(c4)  //
                        + adjust(c4, 3 * c2, 3 * c4) + normal(c4);
  EXPECT_EQ(net->parameter_count(), (in * c1 * 9 + 2 * c1) + cells + 3 * c4 * classes + classes);
}

// The network as the header tells it, of LibTorch's functions and with concatenations.
class Concatenating {
 public:
  Concatenating(const Net& net, const Tensor& w) : params_(net.unpack(w)) {}

  Tensor logits(const NaoGenotype& genotype, const Tensor& x) {
    const Tensor stem = norm(at::conv2d(x, take(), {}, 1, 1));
    Cell before{stem, 1}, last{stem, 1};
    for (const bool reduces : {false, true, false, true, false})
      before = std::exchange(last, cell(reduces ? genotype.reduction : genotype.normal, reduces ? 2 : 1, before, last));
    std::vector<Tensor> weights;
    Tensor bias;
    for (int64_t part = 0; part < last.parts; ++part) {
      weights.push_back(take());
      if (part == 0) bias = take();
    }
    EXPECT_EQ(next_, params_.size());
    return at::linear(last.output.mean({2, 3}), at::cat(weights, 1), bias);
  }

 private:
  struct Cell {
    Tensor output;
    int64_t parts;
  };

  Tensor take() { return params_.at(next_++); }
  Tensor norm(const Tensor& x) {
    const Tensor gain = take(), bias = take();
    return at::batch_norm(x, gain, bias, {}, {}, true, 0, 1e-5, false);
  }

  Tensor adjusted(const Cell& input, int64_t stride) {
    std::vector<Tensor> weights;
    for (int64_t part = 0; part < input.parts; ++part) weights.push_back(take());
    return norm(at::conv2d(at::relu(input.output), at::cat(weights, 1), {}, stride));
  }

  Cell cell(const NaoCell& nodes, int64_t stride, const Cell& before, const Cell& last) {
    const int64_t shrink = before.output.size(2) / last.output.size(2);
    Tensors made{adjusted(before, shrink), Tensor()};
    made[1] = adjusted(last, 1);
    std::set<int> loose;
    for (const NaoNode& node : nodes) {
      loose.insert(static_cast<int>(made.size()));
      Tensor sum;
      for (const NaoEdge& edge : node) {
        loose.erase(edge.from);
        const Tensor part = operation(edge.op, made[static_cast<size_t>(edge.from)], edge.from < 2 ? stride : 1);
        sum = sum.defined() ? sum + part : part;
      }
      made.push_back(sum);
    }
    std::vector<Tensor> parts;
    for (const int node : loose) parts.push_back(made[static_cast<size_t>(node)]);
    return {at::cat(parts, 1), std::ssize(parts)};
  }

  Tensor operation(NaoOp op, const Tensor& x, int64_t s) {
    const auto separable = [&](int64_t k) {
      const Tensor row = at::conv2d(at::relu(x), take(), {}, Shape{1, s}, Shape{0, k / 2});
      return norm(at::conv2d(row, take(), {}, Shape{s, 1}, Shape{k / 2, 0}));
    };
    // The last row and column once more, which a maximum does not see; the mean leaves padding out by its divisor.
    const auto extended = [&](const Tensor& t) { return at::cat({t, t.narrow(2, t.size(2) - 1, 1)}, 2); };
    const auto square = [&](const Tensor& t) { return extended(extended(t).transpose(2, 3)).transpose(2, 3); };
    switch (op) {
      case NaoOp::identity:
        return s == 1 ? x : norm(at::conv2d(at::relu(x), take(), {}, s));
      case NaoOp::conv1x1:
        return norm(at::conv2d(at::relu(x), take(), {}, s));
      case NaoOp::conv3x3:
        return norm(at::conv2d(at::relu(x), take(), {}, s, 1));
      case NaoOp::conv1x3_3x1:
        return separable(3);
      case NaoOp::conv1x7_7x1:
        return separable(7);
      case NaoOp::maxpool2:
        return at::max_pool2d(square(x), 2, s);
      case NaoOp::maxpool3:
        return at::max_pool2d(x, 3, s, 1);
      case NaoOp::maxpool5:
        return at::max_pool2d(x, 5, s, 2);
      case NaoOp::avgpool2:  // the mean of a row and itself is that row
        return at::avg_pool2d(square(x), 2, s);
      case NaoOp::avgpool3:
        return at::avg_pool2d(x, 3, s, 1, false, false);
      case NaoOp::avgpool5:
        return at::avg_pool2d(x, 5, s, 2, false, false);
    }
    return {};
  }

  Tensors params_;
  size_t next_ = 0;
};

TEST(Nao, equals_a_network_that_concatenates) {
  const NoGrad no_grad;
  const Tensor x = Key(3).normal({4, 2, 8, 12}).to(at::kDouble);
  const auto net = make_nao(kMixedNao, {2, 8, 12}, 3, 4, 1);
  const Tensor w = (net->initial(Key(1)) + 0.2 * Key(2).normal({net->parameter_count()})).to(at::kDouble);
  Duals params;
  for (const Tensor& p : net->unpack(w)) params.push_back({p, {}});
  std::vector<Tape> tapes = net->tapes(Mode::train);
  EXPECT_LT(relative_error(net->forward(params, {x, {}}, tapes).value,
                           Concatenating(*net, w).logits(parse_nao(kMixedNao), x)),
            1e-10);
}

std::string any_genotype(const Key& key) {
  uint64_t draws = 0;
  const auto draw = [&](int64_t bound) { return static_cast<int>(key.split(draws++).index(bound)); };
  NaoGenotype genotype;
  for (NaoCell* cell : {&genotype.normal, &genotype.reduction})
    for (int node = 0; node < kNaoNodes; ++node)
      for (NaoEdge& edge : (*cell)[static_cast<size_t>(node)])
        edge = {draw(kNaoInputs + node), static_cast<NaoOp>(draw(std::ssize(names_of(NaoOp{}))))};
  return to_string(genotype);
}

TEST(Nao, holds_to_the_learner_contract) {
  const ContractCase contract{.input = {2, 7, 8}, .batch = 12, .classes = 3};
  for (const std::string& text : {kMixedNao, kChain})
    expect_learner_contract(make_nao(text, contract.input, contract.classes, 3, 1), contract);
}

TEST(Nao, cells_of_chance_hold_to_the_learner_contract) {
  const ContractCase contract{.input = {2, 7, 8}, .batch = 12, .classes = 3};
  // Of keys 0 to 5, these give networks of which float32 keeps most digits, either way: others lose as much as the
  // suite allows, in its oracle too.
  for (const uint64_t key : {2, 3})
    expect_learner_contract(make_nao(any_genotype(Key(key)), contract.input, contract.classes, 3, 1), contract);
}

TEST(Nao, builds_for_images_of_any_size_from_the_text_of_a_learner) {
  for (const Shape& image : {Shape{1, 28, 28}, Shape{3, 32, 32}, Shape{2, 1, 5}}) {
    const auto net = make_net(nao_text(kMixedNao, 8, 2), image, 10);
    EXPECT_EQ(net->text(), "nao(" + kMixedNao + ", width=8, cells=2)");
    EXPECT_EQ(make_net(net->text(), image, 10)->parameter_count(), net->parameter_count());
    EXPECT_GT(net->multiply_adds(), 0);
  }
  EXPECT_GT(make_nao(kMixedNao, {1, 28, 28}, 10, 8, 2)->parameter_count(),
            make_nao(kMixedNao, {1, 28, 28}, 10, 8, 1)->parameter_count());
}

TEST(Nao, cells_that_nothing_reads_are_left_out) {
  // Every normal cell reads the cell before the last, which is a normal one: no reduction cell is ever read.
  const std::string skipping =
      "normal[0:conv1x1 0:identity | 2:identity 0:maxpool3 | 0:conv1x1 3:identity | 4:identity 0:identity | "
      "5:identity 0:identity] ";
  const auto count = [&](const std::string& reduction) {
    return make_nao(skipping + reduction, {1, 8, 8}, 2, 2, 1)->parameter_count();
  };
  const std::string other =
      "reduction[0:conv3x3 1:conv3x3 | 0:conv3x3 1:conv3x3 | 0:conv3x3 1:conv3x3 | 0:conv3x3 "
      "1:conv3x3 | 0:conv3x3 1:conv3x3]";
  EXPECT_EQ(count(kReduction), count(other));
  // Stem; at 2, 4 and 8 channels one input (2 channels, then those of the cell before) and two convolutions; linear.
  const auto cell = [](int64_t c, int64_t from) { return (from * c + 2 * c) + 2 * (c * c + 2 * c); };
  EXPECT_EQ(count(other), (9 * 2 + 4) + cell(2, 2) + cell(4, 2) + cell(8, 4) + 2 * 8 + 2);
}

TEST(Nao, faults_name_the_place_and_the_cure) {
  const auto expect = [](const std::string& text, const std::vector<std::string>& parts) {
    expect_error([&] { parse_nao(text); }, ErrorKind::usage, parts);
  };
  expect("", {"genotype \"\", column 1: 'normal' is expected here", "five nodes each"});
  expect("normal(", {"column 7: '[' is expected here"});
  expect("normal[2:conv3x3", {"column 8: a node from 0 to 1 is expected here"});
  expect("normal[0:conv3x3 1:identity | 3:", {"column 31: a node from 0 to 2 is expected here"});
  expect("normal[0conv3x3", {"column 9: ':' is expected here"});
  expect("normal[0:conv5x5", {"column 10: \"conv5x5\" is not an operation; there are: identity, conv1x1"});
  expect("normal[0:conv3x3 1:identity ]", {"column 29: '|' is expected here"});
  expect(kNormal, {"column " + std::to_string(kNormal.size() + 1) + ": 'reduction' is expected here"});
  expect(kMixedNao + "]", {"nothing may follow the reduction cell"});
  const auto refuse = [](const std::string& text, const std::string& part) {
    expect_error([&] { make_net(text, {1, 28, 28}, 10); }, ErrorKind::usage, {part});
  };
  refuse("nao(" + kMixedNao + ")", "is not of the form nao(GENOTYPE, width=8, cells=1)");
  refuse(nao_text(kMixedNao, 8, 1) + " relu", "is not of the form");
  refuse(nao_text(kMixedNao, 0, 1), "width must lie from 1 to 1024, not 0");
  refuse(nao_text(kMixedNao, 8, 1025), "cells must lie from 1 to 1024, not 1025");
  expect_error([] { make_nao(kMixedNao, {12}, 10, 8, 1); }, ErrorKind::usage, {"needs images [C, H, W], not [12]"});
}

}  // namespace
}  // namespace gtn
