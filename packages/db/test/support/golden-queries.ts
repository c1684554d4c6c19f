/** Messages in many languages, and what queries must find in them: the same on every message store. */
import type { MessagePayload, MessageType } from '@parley/contract';

export interface GoldenMessage {
  type: MessageType;
  payload: MessagePayload;
}

export interface GoldenQuery {
  q: string;
  /** Keys of `goldenMessages`, newest first: they are stored in the order of their keys here. */
  finds: string[];
  /** What is highlighted, of the first one found, in the order of its fields. */
  marks?: string[];
}

const text = (body: string): GoldenMessage => ({ type: 'text', payload: { body } });
const media_id = '0198c6f4-02b1-7e63-8d1c-90a4e7c55f31';

export const goldenMessages = {
  en1: text('See you at the lake? Bring the new camera!'),
  en2: text("Don't forget: the e-mail about the lakeside house is in your inbox"),
  en3: text('The camera broke. I am so sorry about THE LAKE trip'),
  de1: text('Schöne Grüße aus Köln, die Straße ist gesperrt'),
  de2: text('STRASSENBAHN fährt nicht, nimm den Zug nach Koeln'),
  fr1: text("L'été dernier, j'ai bu de l’eau à la plage"),
  fr2: text('Le cœur du garçon naïf bat pour Noël'),
  es1: text('¿Mañana comemos una piña en el jardín?'),
  tr1: text("İstanbul'da ılık bir akşam, çay içelim"),
  tr2: text('ISPARTA güllerini gördün mü?'),
  pl1: text('Łódź jest piękna, zażółć gęślą jaźń'),
  el1: text('Καλημέρα, ο δρόμος είναι κλειστός'),
  el2: text('ΔΡΟΜΟΣ ΠΡΟΣ ΑΘΗΝΑ'),
  ru1: text('Ёлка стоит, мой чай остыл'),
  ru2: text('Елки зеленые, пошли в за́мок'),
  uk1: text("Їжак їсть п'ять яблук"),
  ar1: text('السَّلَامُ عَلَيْكُمْ، أين المدرسة؟'),
  ar2: text('ذهبت إلى مدرسه جديدة في مـصـر'),
  fa1: text('کتاب‌های فارسی را می‌خوانم'),
  he1: text('שָׁלוֹם עֲלֵיכֶם, מה שלומך?'),
  he2: text('הוא שירת בצה״ל שנתיים'),
  hi1: text('नमस्ते दोस्तों, कल किताबें लाना'),
  hi2: text('मुझे किताब चाहिए, और ज़्यादा समय'),
  zh1: text('我们明天在北京大学见面'),
  zh2: text('大学在北边，京城很大'),
  zh3: text('iPhone充電器を忘れないで、3月15日'),
  // All pairs of 北京大学, but not together.
  zh4: text('北京的大学，京大学生'),
  ja1: text('東京タワーに行きましょう'),
  ja2: text('ﾀﾜｰのチケットは京都で買った'),
  ko1: text('내일 서울에서 만나요'),
  ko2: text('서울역 앞 커피숍'),
  th1: text('สวัสดีครับ วันนี้อากาศดีมาก'),
  th2: text('พรุ่งนี้ไปตลาดน้ำกันไหม'),
  lo1: text('ສະບາຍດີຕອນເຊົ້າ'),
  km1: text('សួស្តីពេលព្រឹក'),
  my1: text('မင်္ဂလာပါခင်ဗျာ'),
  vi1: text('Đường phố Hà Nội đẹp quá'),
  vi2: text('Tôi thích phở bò'),
  emoji1: text('Great 👍🏽 see you there'),
  emoji2: text('Party 🎉👍 with the family 👨‍👩‍👧‍👦'),
  emoji3: text('🇩🇪 vs 🇫🇷 tonight ❤️'),
  emoji4: text('No idea 🤷🏽‍♀️'),
  url1: text('Read https://news.example.com/2026/lake-report?id=42#top'),
  mail1: text('Write to anna.schmidt@example.org or @anna_s, tag #holiday2026'),
  phone1: text('Call me: +49 (151) 123-4567'),
  phone2: text('New number 01511234567, flat 12'),
  number1: text('It costs 1,250 EUR or 99.50 a month, order A-4711'),
  wide1: text('Ｆｕｌｌ　ｗｉｄｔｈ ① ﬁne ２０２６'),
  snake1: text('set max_pool_size in foo-bar.config'),
  file1: {
    type: 'document',
    payload: { media_id, filename: 'Quarterly_Report-2026.final.pdf', caption: 'Zahlen für Köln' },
  },
  place1: {
    type: 'location',
    payload: { latitude: 41.01, longitude: 28.98, name: 'Galata Kulesi', address: 'Bereketzade, İstanbul' },
  },
  photo1: { type: 'image', payload: { media_id, caption: 'Sunset at the lake 🌅' } },
  sound1: { type: 'audio', payload: { media_id, duration_ms: 1200 } },
  system1: {
    type: 'system',
    payload: { body: 'Anna named the group "lake"', action: 'group_renamed', name: 'lake' },
  },
} as const satisfies Record<string, GoldenMessage>;

export const goldenQueries: GoldenQuery[] = [
  // Words, their beginnings, several of them, in any order.
  { q: 'lake', finds: ['photo1', 'url1', 'en3', 'en2', 'en1'], marks: ['lake'] },
  { q: 'LAKES', finds: ['en2'], marks: ['lakes'] },
  { q: 'ake', finds: [] },
  { q: 'camera lake', finds: ['en3', 'en1'], marks: ['camera', 'LAKE'] },
  { q: 'the', finds: ['photo1', 'emoji2', 'emoji1', 'en3', 'en2', 'en1'] },
  { q: 'lake unicorn', finds: [] },
  { q: 'See you', finds: ['emoji1', 'en1'], marks: ['see', 'you'] },
  { q: 'email', finds: ['en2'], marks: ['e-mail'] },
  { q: 'e-mail', finds: ['en2'], marks: ['e', 'mail'] },
  { q: 'dont', finds: ['en2'], marks: ["Don't"] },
  { q: 'don’t', finds: ['en2'] },
  // German.
  { q: 'strasse', finds: ['de2', 'de1'], marks: ['STRASSE'] },
  { q: 'straße', finds: ['de2', 'de1'] },
  { q: 'köln', finds: ['file1', 'de1'], marks: ['Köln'] },
  { q: 'KOLN', finds: ['file1', 'de1'] },
  { q: 'gruss', finds: ['de1'], marks: ['Grüß'] },
  // French.
  { q: 'eau', finds: ['fr1'], marks: ['eau'] },
  { q: 'ete', finds: ['fr1'], marks: ['été'] },
  { q: "l'eau", finds: ['fr1'], marks: ['L', 'l', 'eau', 'l'] },
  { q: 'coeur garcon noel', finds: ['fr2'], marks: ['cœur', 'garçon', 'Noël'] },
  // Spanish.
  { q: 'manana', finds: ['es1'], marks: ['Mañana'] },
  { q: 'jardin piña', finds: ['es1'] },
  // Turkish.
  { q: 'istanbul', finds: ['place1', 'tr1'], marks: ['İstanbul'] },
  { q: 'İSTANBUL', finds: ['place1', 'tr1'] },
  { q: 'ISTANBUL', finds: ['place1', 'tr1'] },
  { q: 'ilik', finds: ['tr1'], marks: ['ılık'] },
  { q: 'ısparta', finds: ['tr2'], marks: ['ISPARTA'] },
  // Polish.
  { q: 'lodz', finds: ['pl1'], marks: ['Łódź'] },
  { q: 'gesla jazn', finds: ['pl1'] },
  // Greek.
  { q: 'δρομος', finds: ['el2', 'el1'], marks: ['ΔΡΟΜΟΣ'] },
  { q: 'ΚΑΛΗΜΕΡΑ', finds: ['el1'] },
  { q: 'δρόμο', finds: ['el2', 'el1'] },
  // Cyrillic: ё is е, й is not и, stress marks do not count.
  { q: 'елк', finds: ['ru2', 'ru1'] },
  { q: 'ёлка', finds: ['ru1'], marks: ['Ёлка'] },
  { q: 'мой', finds: ['ru1'] },
  { q: 'мои', finds: [] },
  { q: 'замок', finds: ['ru2'], marks: ['за́мок'] },
  { q: "п'ять", finds: ['uk1'] },
  { q: 'пʼять', finds: ['uk1'] },
  { q: 'їжак', finds: ['uk1'] },
  { q: 'іжак', finds: [] },
  // Arabic and Persian: vowel signs, hamza, tatweel, joiners.
  { q: 'السلام', finds: ['ar1'], marks: ['السَّلَامُ'] },
  { q: 'اين', finds: ['ar1'], marks: ['أين'] },
  { q: 'مدرسة', finds: ['ar2'], marks: ['مدرسه'] },
  { q: 'مصر', finds: ['ar2'], marks: ['مـصـر'] },
  { q: 'كتاب', finds: ['fa1'] },
  { q: 'میخوانم', finds: ['fa1'], marks: ['می‌خوانم'] },
  // Hebrew: points and gershayim.
  { q: 'שלום', finds: ['he1'], marks: ['שָׁלוֹם'] },
  { q: 'שלו', finds: ['he1'], marks: ['שָׁלוֹ', 'שלו'] },
  { q: 'בצהל', finds: ['he2'], marks: ['בצה״ל'] },
  { q: 'בצה"ל', finds: ['he2'] },
  // Hindi: vowel signs count.
  { q: 'किताब', finds: ['hi2', 'hi1'], marks: ['किताब'] },
  { q: 'किताबें', finds: ['hi1'] },
  { q: 'कताब', finds: [] },
  { q: 'ज्यादा', finds: ['hi2'], marks: ['ज़्यादा'] },
  // Chinese and Japanese: any part, contiguous.
  { q: '北', finds: ['zh4', 'zh2', 'zh1'], marks: ['北'] },
  { q: '北京', finds: ['zh4', 'zh1'], marks: ['北京'] },
  { q: '大学', finds: ['zh4', 'zh2', 'zh1'] },
  { q: '北京大学', finds: ['zh1'], marks: ['北京大学'] },
  { q: '北京 大学', finds: ['zh4', 'zh1'], marks: ['北京', '大学', '大学'] },
  { q: '大 边', finds: ['zh2'], marks: ['大', '边', '大'] },
  { q: '学见', finds: ['zh1'] },
  { q: '面', finds: ['zh1'] },
  { q: 'iphone充電', finds: ['zh3'], marks: ['iPhone充電'] },
  { q: '3月15日', finds: ['zh3'], marks: ['3月15日'] },
  { q: '3月1', finds: ['zh3'] },
  { q: '15月', finds: [] },
  { q: 'タワー', finds: ['ja2', 'ja1'], marks: ['ﾀﾜｰ'] },
  { q: '京', finds: ['ja2', 'ja1', 'zh4', 'zh2', 'zh1'] },
  { q: 'に行き', finds: ['ja1'], marks: ['に行き'] },
  // Korean: beginnings of words.
  { q: '서울', finds: ['ko2', 'ko1'], marks: ['서울'] },
  { q: '서울역', finds: ['ko2'] },
  { q: '커피', finds: ['ko2'] },
  // Thai, Lao, Khmer, Burmese: any part.
  { q: 'อากาศ', finds: ['th1'], marks: ['อากาศ'] },
  { q: 'นี้', finds: ['th2', 'th1'], marks: ['นี้'] },
  { q: 'ตลาดน้ำ', finds: ['th2'], marks: ['ตลาดน้ำ'] },
  { q: 'อากาศ วันนี้', finds: ['th1'], marks: ['วันนี้', 'อากาศ'] },
  { q: 'ดีอากาศ', finds: [] },
  { q: 'ຕອນ', finds: ['lo1'] },
  { q: 'ពេល', finds: ['km1'] },
  { q: 'ခင်ဗျာ', finds: ['my1'] },
  // Vietnamese.
  { q: 'duong pho', finds: ['vi1'], marks: ['Đường', 'phố'] },
  { q: 'pho', finds: ['vi2', 'vi1'], marks: ['phở'] },
  { q: 'Hà Nội', finds: ['vi1'] },
  // Emoji.
  { q: '👍', finds: ['emoji2', 'emoji1'], marks: ['👍'] },
  { q: '👍🏽', finds: ['emoji1'], marks: ['👍🏽'] },
  { q: '👨‍👩‍👧‍👦', finds: ['emoji2'], marks: ['👨‍👩‍👧‍👦'] },
  { q: '🇩🇪', finds: ['emoji3'], marks: ['🇩🇪'] },
  { q: '🇪🇫', finds: [] },
  { q: '❤', finds: ['emoji3'], marks: ['❤️'] },
  { q: '🤷', finds: ['emoji4'], marks: ['🤷🏽‍♀️'] },
  { q: 'lake 🌅', finds: ['photo1'], marks: ['lake', '🌅'] },
  // Addresses, numbers, names.
  { q: 'news.example.com', finds: ['url1'], marks: ['news', 'example', 'com'] },
  { q: 'example', finds: ['mail1', 'url1'] },
  { q: 'anna.schmidt@example.org', finds: ['mail1'], marks: ['anna', 'schmidt', 'example', 'org', 'anna'] },
  { q: '@anna_s', finds: ['mail1'] },
  { q: '#holiday', finds: ['mail1'], marks: ['holiday'] },
  { q: '+491511234567', finds: ['phone1'], marks: ['49 (151) 123-4567'] },
  { q: '+49 151 1234567', finds: ['phone1'] },
  { q: '1511234567', finds: ['phone1'], marks: ['151) 123-4567'] },
  { q: '0151-1234567', finds: ['phone2'], marks: ['01511234567'] },
  { q: '4567', finds: ['phone1'], marks: ['4567'] },
  { q: '1250', finds: ['number1'], marks: ['1,250'] },
  { q: '99.50', finds: ['number1'], marks: ['99', '50'] },
  { q: 'a4711', finds: ['number1'], marks: ['A-4711'] },
  { q: '2026', finds: ['file1', 'wide1', 'url1'] },
  { q: 'full width fine 1', finds: ['wide1'], marks: ['Ｆｕｌｌ', 'ｗｉｄｔｈ', '①', 'ﬁne'] },
  { q: 'f', finds: ['file1', 'snake1', 'wide1', 'phone2', 'emoji2', 'de2', 'en2'] },
  { q: 'pool', finds: ['snake1'], marks: ['pool'] },
  { q: 'max_pool_size', finds: ['snake1'], marks: ['max', 'pool', 'size'] },
  { q: 'foobar', finds: ['snake1'], marks: ['foo-bar'] },
  { q: 'quarterly report pdf', finds: ['file1'], marks: ['Quarterly', 'Report', 'pdf'] },
  { q: 'report koln', finds: ['file1'], marks: ['Köln', 'Report'] },
  { q: 'galata istanbul', finds: ['place1'], marks: ['Galata', 'İstanbul'] },
  // Nothing to look for.
  { q: '?!', finds: [] },
  { q: '   ', finds: [] },
  { q: "'", finds: [] },
  { q: '\\%_*$', finds: [] },
];
