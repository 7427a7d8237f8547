# Writes r.csv: intervals and estimates of R's wilcox.test, which the tests of Statistics compare with.
# Needs R; tests read the kept file, so they do not.
set.seed(20261127)
lines <- character()
for (i in 1:100) {
  base <- sample(100000, sample(4:9, 1))
  candidate <- sample(setdiff(1:100000, base), sample(4:9, 1))
  result <- wilcox.test(candidate, base, exact = TRUE, conf.int = TRUE, conf.level = 0.95)
  lines <- c(lines, paste(
    paste(base, collapse = " "), paste(candidate, collapse = " "),
    result$conf.int[1], result$conf.int[2], result$estimate, sep = ","))
}
writeLines(lines, "r.csv")
