# SPDX-License-Identifier: ISC
#
# plot.gp - draw the table of bench/run
#
# gnuplot -e "table = 'FILE'; picture = 'FILE.svg'" plot.gp

set terminal svg size 860,560 dynamic font "sans-serif,12" background "#ffffff"
set output picture

set style data histograms
set style histogram clustered gap 0.6
set style fill solid 1.0 noborder
set boxwidth 0.9
set datafile missing "-"
set grid ytics lc rgb "#dddddd"
set border 3 lc rgb "#666666"
set xtics nomirror scale 0 font ",9"
set ytics nomirror
set yrange [0:*]
set key top left reverse Left samplen 1 spacing 1.1
set offsets 0, 0, graph 0.08, 0
stats table using 0 nooutput
set xrange [-0.6:STATS_records - 0.4]

ecdsa = "#2b6c9b"
rsa = "#e0a030"

set multiplot layout 2,2 margins 0.07,0.98,0.07,0.93 spacing 0.09,0.14

set title "CPU ms per connection (less is better)"
plot table using 2:xtic(1) title "ECDSA P-256" lc rgb ecdsa, \
     "" using 3 title "RSA-2048" lc rgb rsa

# bars must start at 0, and the floor would leave the others flat
tls_only(n) = strcol(1) eq "no-TLS" ? NaN : column(n)
unset key
set title "connections per second (no-TLS: see the table)"
plot table using (tls_only(4)):xtic(1) lc rgb ecdsa, \
     "" using (tls_only(5)) lc rgb rsa

set title "PSS KiB per idle connection (less is better)"
plot table using 6:xtic(1) lc rgb ecdsa

set title "bulk CPU s/GiB (less is better)"
plot table using 7:xtic(1) lc rgb ecdsa

unset multiplot
