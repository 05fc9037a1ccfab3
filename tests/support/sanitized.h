// Whether this is a build with AddressSanitizer or ThreadSanitizer: tests of time and memory then measure the
// sanitizer.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define QUINCE_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define QUINCE_TEST_SANITIZED 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define QUINCE_TEST_THREAD_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define QUINCE_TEST_THREAD_SANITIZED 1
#endif
#endif

namespace quince::test {

#ifdef QUINCE_TEST_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

#ifdef QUINCE_TEST_THREAD_SANITIZED
inline constexpr bool thread_sanitized = true;
#else
inline constexpr bool thread_sanitized = false;
#endif

}  // namespace quince::test
