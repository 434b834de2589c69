/* Which release this library is of, for whoever looks into the file; "loopbridge doctor" asks for the
 * protocol (conn.c). Nothing here reads it. */
#ifndef LOOPBRIDGE_VERSION
#define LOOPBRIDGE_VERSION "devel"
#endif

__attribute__((visibility("default"))) const char loopbridge_plugin_version[] = LOOPBRIDGE_VERSION;
