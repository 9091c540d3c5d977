import { text } from './phrase.ts';

/** Titles of processes that customers never see. */
export const maintenance = {
  'retention.title': text({
    ru: 'Удаление устаревших данных',
    kk: 'Ескірген деректерді жою',
    en: 'Deletion of old data',
  }),
};
