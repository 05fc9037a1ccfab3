# build/.../generated/version.h names the commit; rewritten at each build only when the commit changed.
set(QUINCE_GENERATED ${PROJECT_BINARY_DIR}/generated)
add_custom_target(quince_version
  COMMAND ${CMAKE_COMMAND} -DOUT=${QUINCE_GENERATED}/version.h -DSOURCE=${PROJECT_SOURCE_DIR}
          -DVERSION=${PROJECT_VERSION} -P ${PROJECT_SOURCE_DIR}/cmake/write-version.cmake
  BYPRODUCTS ${QUINCE_GENERATED}/version.h
  VERBATIM)
