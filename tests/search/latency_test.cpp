// Measurements, as far as they can be held to anything on a busy machine.
#include "gtn/search/latency.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "gtn/nets/spec.h"

namespace gtn {
namespace {

TEST(SecondsOf, is_the_time_that_a_task_takes) {
  EXPECT_GE(seconds_of([] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }), 0.02);
  EXPECT_GE(seconds_of([] {}), 0);
}

TEST(Latency, grows_with_the_work_and_is_that_of_one_image) {
  const auto net = [](const std::string& width) {
    return make_net("conv(" + width + ") norm(batch) relu conv(" + width + ") relu gap linear(classes)", {3, 16, 16},
                    4);
  };
  const auto narrow = net("2"), wide = net("96");  // 1700 times the work of the second convolution
  const double small = latency(*narrow, 8, 5), large = latency(*wide, 8, 5);
  EXPECT_GT(small, 0);
  EXPECT_GT(large, 3 * small);
  // A pass has costs of its own, which many images share.
  EXPECT_LT(latency(*narrow, 256, 5), latency(*narrow, 1, 5));
}

TEST(Latency, refuses_to_measure_nothing) {
  const auto net = make_net("gap linear(classes)", {3, 8, 8}, 4);
  EXPECT_THROW(latency(*net, 0), std::invalid_argument);
  EXPECT_THROW(latency(*net, 8, 0), std::invalid_argument);
}

}  // namespace
}  // namespace gtn
