// Which entry of the curriculum each synthetic image is made from: the paper's ablation of the order (Such et al.,
// 2019, figure 3), and the inputs that are drawn instead of learned.
#pragma once

#include "gtn/core/config_fields.h"
#include "gtn/core/random.h"

namespace gtn {

enum class Curriculum {
  full,            // entry (t, b) is learned and serves step t, image b
  fixed,           // the same, drawn once and not learned
  gaussian,        // mean and deviation of each entry are learned, the entry is drawn anew each meta-iteration
  shuffled_batch,  // learned; each meta-iteration deals the batches to the steps anew
  all_shuffled,    // learned; each meta-iteration deals the entries of a place b, thus of a class, to the steps anew
  none,            // nothing is kept: fresh noise each meta-iteration
};
constexpr auto names_of(Curriculum) {
  return std::to_array<std::pair<Curriculum, std::string_view>>({{Curriculum::full, "full"},
                                                                 {Curriculum::fixed, "fixed"},
                                                                 {Curriculum::gaussian, "gaussian"},
                                                                 {Curriculum::shuffled_batch, "shuffled_batch"},
                                                                 {Curriculum::all_shuffled, "all_shuffled"},
                                                                 {Curriculum::none, "none"}});
}

// The order in which a curriculum of `steps` x `batch` entries is dealt: [steps, batch] int64, at (t, b) the flat
// number t' batch + b of the entry that serves there. Every entry serves once. A pure function of the arguments;
// undefined where nothing is shuffled.
Tensor deal(Curriculum curriculum, int64_t steps, int64_t batch, const Key& key);

}  // namespace gtn
