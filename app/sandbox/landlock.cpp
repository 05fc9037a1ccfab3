#include "app/sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace quince::app {

namespace {

// Later than the headers of Debian 12.
constexpr std::uint64_t access_truncate = 1u << 14, access_ioctl_device = 1u << 15, scope_signal = 1u << 1;
struct RulesetAttributes {
  std::uint64_t files, network, scopes;
};
constexpr int version_with_scopes = 6;

// All rights over files that a version knows, by version.
constexpr std::array<std::uint64_t, 6> known_rights = {
    0, (1u << 13) - 1, (1u << 14) - 1, (1u << 15) - 1, (1u << 15) - 1, (1u << 16) - 1};

std::uint64_t rights_of(int version) {
  return known_rights[std::min(static_cast<std::size_t>(version), known_rights.size() - 1)];
}

constexpr std::uint64_t of_files =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | access_truncate | access_ioctl_device;
constexpr std::uint64_t never =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

std::uint64_t rights_for(Reach reach) {
  switch (reach) {
    case Reach::names: return LANDLOCK_ACCESS_FS_READ_DIR;
    case Reach::read: return LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    case Reach::write: return ~never;
  }
  __builtin_unreachable();
}

class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_(static_cast<int>(fd)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool add(const Descriptor& ruleset, const Given& given, std::uint64_t known) {
  const Descriptor place(open(given.path.c_str(), O_PATH | O_CLOEXEC));
  struct stat about {};
  if (place.get() < 0 || fstat(place.get(), &about) != 0) return true;
  std::uint64_t rights = rights_for(given.reach) & known;
  if (!S_ISDIR(about.st_mode)) rights &= of_files;
  if (rights == 0) return true;
  const landlock_path_beneath_attr rule{rights, place.get()};
  return syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

}  // namespace

int landlock_version() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

bool limit_files(const std::vector<Given>& given) {
  const int version = landlock_version();
  const RulesetAttributes attributes{rights_of(version), 0,
                                     version >= version_with_scopes ? scope_signal : 0};
  // Kernels that know fewer of the fields take them as long as they are zero.
  const Descriptor ruleset(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
  if (ruleset.get() < 0) return false;
  for (const Given& one : given) {
    if (!add(ruleset, one, attributes.files)) return false;
  }
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

}  // namespace quince::app
