import { readGroups } from './groups';

const list = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/** Words that say nothing by themselves. */
export const STOP_WORDS = list(`
a an the this that these those it its they them their he him his she her we us our you your i me my one's who whom whose
which what when where why how there here is are was were be been being am do does did done has have had having will would
shall should can could may might must ought to of in on at by for from with into onto upon about as than then so such and
or but if while although though because since unless until whereas whether both either neither nor not no too very also
just even still yet only own same other another each every any some all more most less least few many much several
however therefore thus hence moreover furthermore besides indeed namely respectively et al etc per via among amongst
between through throughout during before after above below over under within without against along across around near
toward towards out up down off again further once ever never always often sometimes usually s t re ve ll d m
according one ones thereby therein thereof wherein whereby well respect regard regarding concerning kind sort way due owing
`);

export const NEGATIONS = list(`
not no never without neither nor none nobody nothing nowhere cannot can't won't n't isn't aren't wasn't weren't doesn't
don't didn't hasn't haven't hadn't couldn't shouldn't wouldn't mustn't hardly scarcely barely seldom rarely lack lacks
lacked lacking fail fails failed failing unable absent absence refuse refuses refused deny denies denied
`);

/** Verb forms that no suffix gives away, as form=base. */
const IRREGULAR_FORMS = `
found=find began=begin begun=begin shown=show given=give gave=give taken=take took=take made=make built=build held=hold
led=lead grew=grow grown=grow rose=rise risen=rise fell=fall fallen=fall ran=run won=win wrote=write written=write
went=go gone=go came=come became=become said=say told=tell kept=keep left=leave lost=lose met=meet paid=pay sold=sell
bought=buy brought=bring thought=think taught=teach caught=catch fought=fight sought=seek sent=send spent=spend lent=lend
bent=bend meant=mean felt=feel dealt=deal stood=stand understood=understand sat=sit knew=know known=know threw=throw
thrown=throw drew=draw drawn=draw flew=fly flown=fly spoke=speak spoken=speak broke=break broken=break chose=choose
chosen=choose froze=freeze frozen=freeze drove=drive driven=drive rode=ride ridden=ride swam=swim sang=sing sung=sing
drank=drink hid=hide hidden=hide bit=bite ate=eat eaten=eat saw=see seen=see wore=wear worn=wear bore=bear borne=bear
swept=sweep slept=sleep children=child men=man women=woman people=person feet=foot teeth=tooth mice=mouse data=datum
analyses=analysis hypotheses=hypothesis axes=axis criteria=criterion phenomena=phenomenon indices=index radii=radius
used=use using=use better=good best=good worse=bad worst=bad vortices=vortex matrices=matrix
french=france spanish=spain dutch=netherlands british=britain swiss=switzerland greek=greece danish=denmark
polish=poland turkish=turkey irish=ireland welsh=wales finnish=finland swedish=sweden
`;
export const IRREGULAR: ReadonlyMap<string, string> = new Map(
  IRREGULAR_FORMS.trim()
    .split(/\s+/)
    .map((pair) => pair.split('=') as [string, string]),
);

/** By stems, as `stem` gives them. One side after the other; sides exclude each other. */
export const GROUPS_TEXT = `
increase rise grow climb gain expand raise enlarge boost | decrease fall decline drop reduce diminish shrink lower lessen
large big great considerable substantial huge major vast | small little minor tiny slight negligible
larger bigger greater | smaller lesser
high tall elevated | low
higher | lower
more | less fewer
most maximum maximal greatest highest largest peak | least minimum minimal smallest lowest
many numerous | few
all every each entire whole always complete total | some several partial sometimes most often usually
must | may might could
good satisfactory favorable favourable excellent | bad poor unsatisfactory unfavorable
better superior | worse inferior
fast rapid quick swift | slow gradual
early | late
earlier before prior precede | later after follow subsequent
first initial | last final
begin start commence initiate onset | end stop finish cease terminate conclude
open | close shut
strong powerful intense | weak feeble faint
thick | thin
wide broad | narrow
deep | shallow
long lengthy | short brief
heavy | light
hot warm | cold cool
heat | cool
hard rigid stiff | soft flexible
rough | smooth
steady stationary | unsteady transient
stable | unstable
laminar | turbulent
subsonic | supersonic hypersonic | transonic
compressible | incompressible
viscous | inviscid frictionless
positive | negative
internal inner inside interior | external outer outside exterior
above over exceed | below under beneath
upper top | lower bottom
up upward ascend | down downward descend
upstream | downstream
front forward ahead | rear back backward aft behind
left | right
leading | trailing
near close adjacent nearby | far distant remote
convex | concave
parallel | perpendicular normal orthogonal
horizontal | vertical
symmetric | asymmetric antisymmetric
linear | nonlinear
attach | detach
accelerate | decelerate
compress | expand stretch
converge | diverge
load | unload
simple easy plain straightforward | complex complicated difficult intricate
same equal identical alike | different distinct unequal unlike
accept approve agree allow permit | reject refuse deny forbid prohibit ban disagree
support favour favor | oppose
succeed success successful | fail failure unsuccessful
win victory | lose defeat loss
present | absent
presence | absence
old ancient | new modern novel recent
young | old
male man men boy father husband son brother | female woman women girl mother wife daughter sister
mother father | son daughter
king | queen
import | export
buy purchase acquire | sell
public | private secret
rich wealthy | poor
full | empty
wet | dry
clean pure | dirty contaminated
day | night
summer | winter | spring | autumn
north northern | south southern | east eastern | west western
northeast northwest | southeast southwest
monday | tuesday | wednesday | thursday | friday | saturday | sunday
january | february | march | april | june | july | august | september | october | november | december
first | second | third | fourth | fifth | sixth | seventh | eighth | ninth | tenth
single one | double two | triple three
red | blue | green | yellow | black | white | orange | purple | brown | grey gray | pink
alive live | dead die
true correct right accurate exact precise | false wrong incorrect inaccurate inexact
safe | dangerous unsafe hazardous
visible | invisible hidden
possible feasible | impossible infeasible
likely probable | unlikely improbable
include contain comprise | exclude omit
add plus | subtract remove minus
with | without
from | to
cause | prevent avoid
enter | leave exit
arrive | depart
push | pull
create | destroy
begin | continue
remember | forget
love like | hate dislike
optional voluntary | mandatory compulsory required
active | passive inactive
theoretical analytical | experimental empirical
qualitative | quantitative
two-dimensional | three-dimensional
constant fixed uniform | variable varying nonuniform
elastic | plastic inelastic
static | dynamic
advantage benefit | disadvantage drawback
profit | loss
rural | urban
domestic | foreign
mild | severe
common frequent | rare scarce
credit | debit
often frequently | rarely seldom
extensive | intensive
strength | weakness
light bright | dark dim
normal usual | abnormal unusual
vertical | inclined
sharp pointed | dull blunt
surface | subsurface
acceleration | deceleration
expansion | compression contraction
growth | decay decline
implicit | explicit
latter | former
parallel | oblique
past | present current | future
center centre middle | edge border
gain | loss
peace | war
friend ally | enemy foe
birth | death
buyer customer | seller vendor
teacher | student pupil
employer | employee
parent | child
defence defense | attack
majority | minority
absolute | relative
primary | secondary | tertiary
senior | junior
major | minor
inward | outward
clockwise | counterclockwise anticlockwise
longitudinal | lateral transverse
axial | radial | tangential
ordinary | extraordinary
isothermal | adiabatic
solid | liquid | gas gaseous
even | odd
natural | artificial synthetic
temporary | permanent
morning | afternoon | evening | night
uncle | aunt
prince | princess
he him his | she her hers
gold | silver | bronze
breakfast | lunch | dinner
thickness | thinness
height | depth | width breadth | length
east eastern | west western
optimistic | pessimistic
voluntary | involuntary
teach | learn
lend | borrow
guilty | innocent
attack | defend
agree agreement accord accordance concur match consistent | disagree disagreement discrepancy inconsistent
show demonstrate reveal illustrate exhibit indicate display
obtain acquire derive get receive gain
method technique procedure approach scheme
investigate study examine explore research analyze analyse
investigation study examination research analysis
important significant essential key crucial
discover find detect observe identify
use employ utilize utilise apply adopt
discuss treat consider describe address
calculate compute evaluate estimate
result finding outcome conclusion
approximate about rough almost nearly around circa
present give report provide offer supply
effect influence impact
region zone area domain
speed velocity
assume suppose presume
compare contrast
determine establish ascertain
require need demand
develop evolve
predict forecast anticipate
sufficient adequate enough
applicable suitable appropriate
magnitude size amount
error inaccuracy mistake
produce cause generate create induce yield
suggest propose recommend
found establish create
build construct erect
famous known renowned celebrated noted
child kid
locate situate lie
leader head chief
live reside dwell
job work occupation employment
company firm business corporation enterprise
car automobile vehicle
film movie picture
help aid assist
try attempt
ask inquire
answer reply respond
house home residence
movement motion
place location site position
picture image photograph
kill murder
marry wed
doctor physician
city town
country nation state
film movie
author writer
street road
illness disease sickness
student pupil
rate ratio
part portion section component
beginning start
goal aim objective purpose
choose select pick
change alter modify vary
keep retain maintain preserve
make manufacture
name call term
think believe
happen occur arise
however nevertheless nonetheless
usual common general typical normal ordinary
whole entire total complete
verify confirm validate check
improve enhance
combine merge join unite
divide split separate
cover include
permit allow enable
depend rely
connect link
involve entail
achieve attain reach accomplish
solution solve
because due since owing
also additional further moreover
flow stream
airplane aircraft plane aeroplane
airfoil aerofoil
wall surface
body object
`;
export const GROUPS = readGroups(GROUPS_TEXT);
