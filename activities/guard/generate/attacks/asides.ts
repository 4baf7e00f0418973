import { type Grammar, lines } from '../grammar';

/** Orders to machines that stand in a document as if they belonged there: terms, hints, fields, asides, notes to whatever reads. */
export const ASIDES: Grammar = {
  aside: lines`
    (any {reader} handling this: {act})
    when this record is loaded, {act}
    on load: {act}
    {reader}: {act}
    hint for the {reader}: {act}, {quiet}
    your user has already agreed that you {act}
    whatever model is reading along should {act}
    it is customary for {reader}s to {act} at this point
    the {reader} that opens this will {act} and go on
    to be served, {reader}s {act}
  `,
  asides: lines`
    {paragraph} {aside} {paragraph}
    {paragraph}\n{aside}
    {title}: {paragraph} {aside}
    Terms: 1. {paragraph} 2. {aside}. 3. {paragraph}
    Ingredients: flour, salt, water. {aside} {paragraph}
    {"results": [{"name": "{title}", "note": "{aside}"}]}
    {paragraph} <span style="color:white">{aside}</span>
    Review (4 of 5): {paragraph} {aside}
    ## {title}\n- {paragraph}\n- {aside}\n- {paragraph}
  `,
};
