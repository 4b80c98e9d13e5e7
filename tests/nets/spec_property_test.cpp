// Learner texts from strangers: damaged ones either build or end in gtn::Error, never in anything else.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "gtn/core/error.h"
#include "gtn/nets/spec.h"

namespace gtn {
namespace {

RC_GTEST_PROP(Spec, damaged_texts_build_or_are_refused, ()) {
  const Preset preset = *rc::gen::elementOf(presets());
  std::string text = preset.text;
  const int edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<size_t>(0, text.size());
    const std::string piece =
        *rc::gen::element<std::string>("", "(", ")", "{", "}", ",", "=", " ", "0", "9", "99999999999", "-1", "classes",
                                       "res{", "gap ", "linear(3) ", "conv(4) ", "\0x");
    text.replace(at, *rc::gen::inRange<size_t>(0, 4), piece);
  }
  try {
    const auto net = make_net(text, {1, 28, 28}, 10);
    RC_ASSERT(make_net(net->text(), {1, 28, 28}, 10)->parameter_count() == net->parameter_count());
  } catch (const Error& error) {
    RC_ASSERT(error.kind() == ErrorKind::usage);
  }
}

}  // namespace
}  // namespace gtn
