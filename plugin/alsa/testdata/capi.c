/* Programs that use alsa-lib's C API on both ends of a loop, one for each case; see rig.h.
 * The cases are in the files capi_*.c. */
#include "capi.h"

#define CASE(name) { #name, name },

int main(int argc, char **argv)
{
	static const struct rig_case cases[] = { CAPI_CASES(CASE) { NULL, NULL } };

	return rig_main(argc, argv, cases);
}
