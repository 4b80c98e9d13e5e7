#include "gtn/data/tensor_checks.h"

namespace gtn {
namespace {

bool fits(const Tensor& tensor, const Shape& shape) {
  if (tensor.dim() != static_cast<int64_t>(shape.size()) || tensor.numel() == 0) return false;
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] >= 0 && tensor.size(static_cast<int64_t>(i)) != shape[i]) return false;
  return true;
}

std::string pattern(const Shape& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "[" : ", ") + (size < 0 ? "*" : std::to_string(size));
  return text + "]";
}

// Empty where nothing is wrong.
std::string fault_of(const Tensor& tensor, const Shape& shape) {
  if (!tensor.defined()) return "is missing";
  if (tensor.scalar_type() != at::kFloat) return "is not float32";
  if (!fits(tensor, shape)) return "is " + to_string(shape_of(tensor)) + ", but must be " + pattern(shape);
  if (!at::isfinite(tensor).all().item<bool>()) return "holds values that are not finite";
  return "";
}

}  // namespace

bool check_tensor(const std::string& name, const Tensor& tensor, const Shape& shape, Faults& faults) {
  const std::string fault = fault_of(tensor, shape);
  if (!fault.empty()) faults.add(name + " " + fault);
  return fault.empty();
}

int64_t size_or_any(const Tensor& tensor, int64_t rank, int64_t dim) {
  return tensor.defined() && tensor.dim() == rank ? tensor.size(dim) : -1;
}

}  // namespace gtn
