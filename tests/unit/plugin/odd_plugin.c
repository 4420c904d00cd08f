/* Exports more than the entry, and wants a symbol that nobody defines. */
#include "hawser/manifest.h"

HAWSER_MANIFEST("name = \"odd\"\nversion = \"1\"\nabi = \"1.0\"\n[service.odd]\n")

int odd_missing(void);
__attribute__((visibility("default"))) int odd_extra(void) { return odd_missing(); }
__attribute__((visibility("default"))) const void *hawser_plugin_v1(void) { return 0; }
