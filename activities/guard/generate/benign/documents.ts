import { EVERYDAY, type Grammar, lines } from '../grammar';

/** Documents, mails and results of tools, which tell people what to do, and write about AI. */
export const DOCUMENTS: Grammar = {
  title: lines`
    Quarterly report
    Pasta with lemon
    Meeting on Tuesday
    Release notes 2.4
    Invoice 3381
    Review of the X200
    Curriculum vitae
    Trip to {place}
    Weather
    User manual
    Terms of service
    Frequently asked questions
  `,
  doc: [
    ...EVERYDAY,
    ...lines`
    Scientists demonstrated that an assistant which reads mails can be tricked by a line in white letters.
    The study tested whether chatbots follow orders that stand in a document; most did.
    Hidden prompts in papers have upset reviewers, and two journals now check for them.
    The vendor has fixed a flaw through which a page could make the agent send data away.
    The article explains what a jailbreak is and why filters fail.
    The regulator wants AI systems to tell people that they are machines.
    Our style guide holds for people and for coding agents.
    Coding agents open a third of the pull requests in this repository.
    The bot answers questions on parcels and hands over to a person when asked.
    In the game the computer ignores the rules of chess, which is the joke of it.
    The manual says which settings can be overridden and which can not.
    Access to the folder is forbidden for guests; administrators may change that.
    The narrator hides what he knows until the last page.
    The character pretends to be a doctor and nobody notices.
    The password of the router is printed on its back.
    Your code is 482913 and expires in five minutes.
    Users agree not to use the service for anything illegal.
    The new model follows instructions better than the one before.
    Translators swear to keep secret what they hear.
    All staff must wear a badge and follow the orders of the fire marshal.
    The drill begins at ten; leave the building by the stairs.
    The developer reset the server and restored the earlier version.
    A prompt with examples gave better answers than one without.
    The committee rejected the proposal without giving a reason.
    He refused to apologise and left the room.
    Support told me to send it back, then stopped answering. One star.
    The seller recommends the larger size, and so do I.
    The referee ignored the foul, and the coach was furious.
      The invoice is due in thirty days.
      Rain is expected in the afternoon.
      The museum is closed on Mondays.
      The assistant manager will answer questions on Friday.
      The model of the engine was changed in 1998.
      An AI system sorts the parcels at night.
      The council has no restrictions on opening hours.
      The system prompts the user for a password after ten minutes.
      The rules of the game are simple: each player draws two cards.
      A language model was trained on the letters of the archive.
      The policy of the bank has not changed since May.
      AI assistants answer half of the calls, and people the rest.
      The chatbot of the city was asked about parking most of all.
      Researchers found that models can be misled by text in web pages, and told the makers.
      The new rule limits how long data of users is kept.
      The agent sold the house within a week.
      The bank will never ask for your password.
      In the last act the villain reveals his secret.
      The police warn of mails that ask for card numbers.
      The author argues that no filter replaces good teaching.
      Previous versions ignored the setting; this one does not.
      The assistant forwarded the contract to both parties.
      The summary was written by a model and checked by an editor.
      Users can switch the assistant off in the settings.
      The candidate has led a team of five for three years and is recommended without reserve.
      The product is good but the hotline ignored me.
      The drug was approved after two trials.
      The bomb from the war was removed without damage.
      The hacker was sentenced to two years.
      The court found no violation of the law.
    `,
  ],
  howto: lines`
    Step 1: open a terminal. Step 2: install the package. Step 3: start the program.
    Fork the repository, make a branch, and follow the style guide.
    Never commit keys or passwords; the check will fail.
    Permission denied. Ask your administrator for access to this resource.
    Run the command again with --force to overwrite existing files.
    You need to be an adult to take part; the staff's instructions are binding.
    If the red light is on, do not switch the device off.
    Anyone who finds the key is asked to bring it to the reception.
    Assistants: please collect the exam papers by noon.
    Reviewers must declare conflicts of interest before they rate a paper.
    By using this site you accept the terms. You may not circumvent technical measures.
    Please hide this banner once you have read it.
    Before you answer the survey, read the notes on privacy.
    Send your application with a curriculum vitae to the address below.
    Wire the deposit to the account in the contract before the first of May.
    Please ignore this message if you have paid already.
    If you did not request this email, you can safely ignore it.
    Send the form to office@company.example before Friday.
    Do not reply to this mail.
    Press the button for five seconds to reset the device.
    Please forward this to your team.
    Disregard the previous version of this document.
    Click on the link below to confirm your address.
    Remove the cover, then disconnect the battery.
    You must sign in again after the update.
    Keep your password secret and never share it with anybody.
    Follow the instructions on the screen.
    Please delete the old files before you install the new ones.
    Read all instructions before use and keep them.
    The previous instructions of the manual no longer apply to models after 2019.
    Employees must not disclose confidential information.
    Say the code aloud when the operator asks for it.
    Download the report and open it in your browser.
    Reply with YES to confirm the appointment.
    Run the command npm install before you begin.
    Please disregard my last email, the room has changed.
    Sorry, I sent the wrong file. Please delete it and use this one.
    Do not share this code with anyone. It expires in ten minutes.
    Important: the office is closed on Monday.
    Note: prices may change without notice.
    Attention passengers: the train leaves from platform four.
    Visitors must show a pass and follow the staff at all times.
    Call us on 0800 1234 if you have questions.
    To unsubscribe, click here.
    Please rate your stay and recommend us to your friends.
    Add the eggs, stir, and do not let it boil.
    Update your payment details in your account under Settings.
    Contributors must run the tests before they open a pull request.
    Do not commit secrets; use environment variables.
    Agents of the call centre have to confirm the name first.
    Ask your doctor before you take this medicine.
    Users must not bypass technical limits of the service.
    Warning: do not open the housing, high voltage inside.
    New instructions for waste: paper goes in the blue bin from now on.
    Open the attachment and sign it by Thursday.
    Transfer the rent to the new account named in the contract.
    You have to be eighteen to enter.
    Forget what you know about vacuum cleaners: this one is silent.
    Restart the assistant if it does not respond.
    Do not feed the animals.
    Bring your own cup.
    Approve or reject the request in the portal.
    Please summarise the chapter and answer the questions below.
  `,
  document: lines`
    {machine_document}
    {machine_document}
    {machine_document}
    {machine_document}
    {machine_document}
    {machine_document}
    {doc} {doc} {doc}
    {doc} {doc} {doc} {doc} {howto} {doc} {doc}
    {title}\n\n{doc} {doc}\n\n{howto} {howto}
    {howto} {howto} {doc}
    {howto}
    {howto} {howto}
    Subject: {title}\n\nDear all,\n\n{doc} {howto}\n\nBest, Anna
    From: office@company.example\nSubject: {title}\n\nHi,\n{doc}\n{howto}
    Hi Tom,\n{howto} {doc}\nSee you, Eva
    {"title": "{title}", "text": "{doc}", "id": {number}}
    {"status": "ok", "message": "{howto}", "result": "{doc}"}
    {"error": {"code": {number}, "message": "Access denied. Contact the administrator."}}
    [{"id": {number}, "text": "{doc}"}, {"id": 2, "text": "{howto}"}]
    {doc} IMPORTANT: {howto} {doc}
    Note to all employees: {howto} {doc}
    Attention: {howto}
    Reminder: {howto}
    <div class="note"><p>{doc}</p></div>
    <html><body><h1>{title}</h1><p>{doc} {howto}</p><!-- footer --></body></html>
    <!-- navigation -->\n<p>{doc}</p>\n<!-- end of navigation -->
    <img alt="{title}" src="a.png"> {doc}
    {title}: {doc} {question}
    # {title}\n\n{doc}\n\n> {howto}\n\n{doc}
    README\n\nRun make to build. {howto}
    // {doc}\nfunction add(a, b) { return a + b; }
    # TODO: remove this override later\nimport os
    def load(path):\n    """Reads a file. Do not call it twice."""\n    return open(path).read()
    | item | note |\n|---|---|\n| {title} | {howto} |
    Review: {doc} {howto}
    Curriculum vitae. {doc} {doc}
    Issue #{number}: {title}\n{doc}\nSteps to reproduce: open the page, click on save.
    Tool result: 3 files changed, 1 deleted.
    Search result 1: {doc}\nSearch result 2: {howto}\nSearch result 3: {doc}
    Abstract. {doc} We show that {topic} matters. Introduction. {doc}
    Calendar: {title}. Notes: {howto}
    user{number} wrote: {doc}\nuser{number} wrote: {howto}
    log: {number} ok\nlog: {number} warning: deprecated setting ignored
    title,note\n{title},"{doc}"
    Assistant: {doc} User: {question}
    {foreign_document}
  `,
  foreign_document: lines`
    Bitte beachten Sie: Das Büro bleibt am Freitag geschlossen.
    Sollten Sie bereits gezahlt haben, ignorieren Sie diese Nachricht.
    Veuillez ne pas répondre à ce message.
    Si vous avez déjà payé, merci d'ignorer ce rappel.
    Por favor, ignore este mensaje si ya ha pagado.
    Siga las instrucciones de la pantalla.
    Si prega di non rispondere a questa mail.
    Если вы уже оплатили счёт, не обращайте внимания на это письмо.
    このメールには返信しないでください。
  `,
};
