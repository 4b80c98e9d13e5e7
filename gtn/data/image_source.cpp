#include "gtn/data/image_source.h"

#include <algorithm>

#include "gtn/core/error.h"

namespace gtn {

ImageSource::ImageSource(const ImageSet& set, int64_t batch_size, Key key)
    : set_(set), batch_size_(std::min(batch_size, set.size())), key_(key) {
  if (batch_size < 1) throw usage_error("batch size", "must be at least 1, not " + std::to_string(batch_size));
}

Batch ImageSource::batch(int64_t step) const {
  const int64_t per_epoch = set_.size() / batch_size_;
  const Tensor order = key_.split(static_cast<uint64_t>(step / per_epoch)).permutation(set_.size());
  const Tensor chosen = order.narrow(0, step % per_epoch * batch_size_, batch_size_).to(set_.images.device());
  return {set_.images.index_select(0, chosen).contiguous(kChannelsLast), set_.labels.index_select(0, chosen)};
}

}  // namespace gtn
