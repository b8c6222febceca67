# SPDX-License-Identifier: ISC
#
# rules.mk - cdbs from rules: make -f rules.mk, or include it.
#
# A wrong line stops make, and the old cdb stays.  COUNTRIES are those that
# are denied; countries.csv is yours to fetch.

TLSSHIM_RULES ?= tlsshim-rules
COUNTRIES ?= ZZ

cdbs: mail-relay.cdb cert-relay.cdb per-client.cdb country.cdb

%.cdb: %.rules
	$(TLSSHIM_RULES) compile $@ <$<

country.cdb: country.rules countries.csv country-rules
	./country-rules $(COUNTRIES) <countries.csv >country.tmp
	cat country.rules country.tmp | $(TLSSHIM_RULES) compile $@
	rm -f country.tmp

.PHONY: cdbs
