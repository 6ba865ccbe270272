"""Rankings against judgments: measures (by ir_measures), significance, thresholds. All pure."""
