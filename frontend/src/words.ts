// The islands' own words: Chinese is the key and the default, English comes from locale/en.json when the page is in English.
import en from './locale/en.json';

const ENGLISH: Record<string, string> = en;

export function isEnglish(): boolean {
  return document.documentElement.lang.startsWith('en');
}

/** The sentence in the page's language, {names} filled in. */
export function t(chinese: string, details: Record<string, string | number> = {}): string {
  const sentence = isEnglish() ? (ENGLISH[chinese] ?? chinese) : chinese;
  return sentence.replace(/{(\w+)}/g, (whole, name: string) => String(details[name] ?? whole));
}

/** 14:32, by the reader's clock. */
export function clockTime(at: Date): string {
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
}

/** 10月15日 14:32; the year only when it is not this one. */
export function moment(at: Date): string {
  const year = at.getFullYear() === new Date().getFullYear() ? '' : t('{year}年', { year: at.getFullYear() });
  return year + t('{month}月{day}日 {time}', { month: at.getMonth() + 1, day: at.getDate(), time: clockTime(at) });
}
