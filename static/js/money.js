/** Amounts as people type them, read into integer minor units (fen, cents) with BigInt. */
const UNITS = { 万: 4, 萬: 4, w: 4, 亿: 8, 億: 8, k: 3, m: 6, b: 9 };

/**
 * The minor units of "450,000", "45万", "1.2亿", "￥3,000.50", or null when it is no amount.
 * Full-width digits and signs are read too. More decimals than the currency has are no amount.
 */
export function parseAmount(typed, decimals = 2) {
  const plain = typed.normalize("NFKC").trim().toLowerCase().replace(/^(¥|￥|cny|rmb|usd|us\$|\$|hk\$|hkd|€|eur|£|gbp)\s*/, "").replace(/\s*(元|yuan)$/, "");
  const match = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?\s*([万萬亿億wkmb]?)$/u.exec(plain);
  if (!match) return null;
  const [, whole, fraction = "", unit] = match;
  const shift = (UNITS[unit] ?? 0) + decimals;
  const kept = fraction.replace(/0+$/, "");
  if (kept.length > shift) return null;
  return BigInt(whole.replaceAll(",", "") + kept.padEnd(shift, "0"));
}

/** Minor units with thousands separators and decimals: 45000000n → "450,000.00". */
export function formatAmount(minor, decimals = 2) {
  const sign = minor < 0n ? "−" : "";
  const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  const whole = digits.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, ",");
  return sign + whole + (decimals ? `.${digits.slice(cut)}` : "");
}

/** part / whole as a percentage with one decimal, "–" for an empty whole. */
export function share(part, whole) {
  if (whole === 0n) return "–";
  const tenths = (part * 2000n + whole) / (whole * 2n);
  return `${tenths / 10n}.${tenths % 10n}%`;
}
