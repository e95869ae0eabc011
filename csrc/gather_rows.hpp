// Rows of a table of bytes in another order. Independent of Python and torch.
#pragma once

#include <cstddef>
#include <span>

#include "onset_groups.hpp"

namespace musebench {

// Copies rows of row_size bytes, in the order of `row`, to `out`; adjacent rows in one piece.
// Throws std::invalid_argument, before anything is copied, if a row is not in `table`, or `out` has
// another size or shares memory with it.
void gather_rows(std::span<const std::byte> table, std::size_t row_size, std::span<const Index> row,
                 std::span<std::byte> out);

}  // namespace musebench
