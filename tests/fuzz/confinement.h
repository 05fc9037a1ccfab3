// A process that may do what it wants: it has a file system of its own, of nothing but a small tmpfs, and of
// system calls only those of a list.
#pragma once

#include <string>

namespace quince::fuzz {

// To be called in a forked process with one thread. False: this host does not let us (user namespaces are
// off); then nothing must be run. Afterwards the root directory is empty, and everything in it vanishes with
// the process; descriptors 0 to 2 are /dev/null, all others but report_file are closed; system calls that
// would reach beyond the process fail with EPERM (see the table in confinement.cpp).
inline constexpr int report_file = 200;
bool confine();

}  // namespace quince::fuzz
