/*
 * version.h - the version of lifeguard.
 */
#ifndef ANALYZER_UTIL_VERSION_H
#define ANALYZER_UTIL_VERSION_H

#define LIFEGUARD_VERSION "0.1.0"

#endif
