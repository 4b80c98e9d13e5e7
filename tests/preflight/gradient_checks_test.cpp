#include "tests/preflight/planned.h"

namespace gtn {
namespace {

TEST(Preflight, a_gradient_that_is_a_hundredth_off) {
  struct Off final : Faulty {
    using Faulty::Faulty;
    Gradient gradient(const Tensor& w, const Tensor& x, const Tensor& y) const override {
      const Gradient g = Faulty::gradient(w, x, y);
      return {g.loss, g.w * 1.01};
    }
  };
  expect_fault(check_gradient, healthy_run(std::make_shared<Off>("mlp")), "error ");
}

TEST(Preflight, a_gradient_that_leaves_a_class_out) {
  struct Without final : Faulty {
    using Faulty::Faulty;
    Gradient gradient(const Tensor& w, const Tensor& x, const Tensor& y) const override {
      Gradient g = Faulty::gradient(w, x, y);
      g.w.narrow(0, 0, kRows * kRows).zero_();
      return g;
    }
  };
  expect_fault(check_gradient, healthy_run(std::make_shared<Without>("flatten linear(classes)")), "error ");
}

// A square whose derivative forgets the factor two.
class WrongSquare final : public Layer {
 public:
  std::string text() const override { return "wrong_square"; }
  Shape output_shape(const Shape& input) const override { return input; }
  Dual forward(std::span<const Dual>, const Dual& x, Tape& tape) const override {
    tape.saved = {x};
    return x * x;
  }
  Dual backward(std::span<const Dual>, const Dual& grad_y, Tape& tape, std::span<Dual>) const override {
    return grad_y * tape.saved[0];
  }
};

TEST(Preflight, a_layer_with_a_wrong_backward_pass_is_before_the_right_ones) {
  const auto net = bright_net("flatten linear(6) linear(classes)");
  std::vector<Node> nodes = net->nodes();
  nodes.insert(nodes.begin() + 2, {{1}, std::make_shared<WrongSquare>()});
  nodes.back().inputs = {2};
  const auto wrong = std::make_shared<Net>("wrong", net->input(), 3, nodes);
  const Finding finding = found(check_gradient, healthy_run(wrong));
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_NE(finding.figure.find("(1."), std::string::npos) << finding.figure;  // its weight or its bias
}

TEST(Preflight, a_second_order_product_that_is_off) {
  struct Off final : Faulty {
    using Faulty::Faulty;
    SecondOrder second_order(const Tensor& w, const Tensor& u, const Tensor& x, const Tensor& y) const override {
      SecondOrder result = Faulty::second_order(w, u, x, y);
      result.w = result.w * 1.05;
      return result;
    }
  };
  const auto off = std::make_shared<Off>("mlp");
  expect_fault(check_second_order, healthy_run(off), "error 0.05");
  EXPECT_EQ(found(check_gradient, healthy_run(off)).verdict, Verdict::pass);
}

}  // namespace
}  // namespace gtn
