// Random numbers from a seed of the caller: the same on every machine.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "onset_groups.hpp"

namespace musebench {

// splitmix64: small.
class Random {
   public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    // Uniform in [0, bound), bound below 2^32: the upper half of a product, without its bias
    // (Lemire).
    Index below(Index bound) {
        const auto range = static_cast<std::uint32_t>(bound);
        auto product = draw() * range;
        if (static_cast<std::uint32_t>(product) < range) {
            const auto unfair = (0U - range) % range;
            while (static_cast<std::uint32_t>(product) < unfair) {
                product = draw() * range;
            }
        }
        return static_cast<Index>(product >> 32);
    }

   private:
    std::uint64_t draw() {
        auto z = state_ += 0x9e3779b97f4a7c15ULL;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return (z ^ (z >> 31)) >> 32;
    }

    std::uint64_t state_;
};

// Draws numbers without replacement (Floyd), in memory that is reused.
class NumberDraw {
   public:
    // `count` of the numbers below `total`, in order. O(min(count * count, total)).
    std::span<const Index> operator()(Random& random, Index count, Index total) {
        drawn_.clear();
        if (count * count < total) {
            insert(random, count, total);
        } else {
            mark(random, count, total);
        }
        return drawn_;
    }

   private:
    void insert(Random& random, Index count, Index total) {
        for (auto last = total - count; last < total; ++last) {
            const auto k = random.below(last + 1);
            const auto place = std::lower_bound(drawn_.begin(), drawn_.end(), k);
            if (place != drawn_.end() && *place == k) {
                drawn_.push_back(last);  // larger than all drawn so far
            } else {
                drawn_.insert(place, k);
            }
        }
    }

    void mark(Random& random, Index count, Index total) {
        is_drawn_.assign(static_cast<std::size_t>(total), 0);
        for (auto last = total - count; last < total; ++last) {
            auto& chosen = is_drawn_[static_cast<std::size_t>(random.below(last + 1))];
            (chosen ? is_drawn_[static_cast<std::size_t>(last)] : chosen) = 1;
        }
        for (Index k = 0; k < total; ++k) {
            if (is_drawn_[static_cast<std::size_t>(k)]) {
                drawn_.push_back(k);
            }
        }
    }

    std::vector<Index> drawn_;
    std::vector<char> is_drawn_;
};

}  // namespace musebench
